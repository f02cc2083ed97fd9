//! Bodies of files: as a whole, or from where the last attempt ended, compressed or not; straight to disk.
//!
//! A file that came in part goes on by `PUT` with `Content-Range` (RFC 9110, 14.5). How far it has come is told in the
//! headers of the IETF draft on resumable uploads: `Upload-Offset`, `Upload-Length`, `Upload-Complete`. All of them count
//! the bytes of the representation, that is, compressed ones where there is a `Content-Encoding`.

use std::sync::PoisonError;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ingest::Format;
use serde_json::json;
use store::{DeliveredFile, Delivery, DeliveryState};

use super::{
    Intake, JSON, announced, has_type, new_id,
    room::Loose,
    signed,
    spool::{Coding, Failed, Ready, Received, at_most},
};
use crate::{
    Arriving, Broken, Response,
    config::Supplier,
    outcome::{Outcome, found, no_content},
    telemetry,
};

const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");
/// Files that may arrive at a time, in all and of one supplier.
const ARRIVING: usize = 64;
const ARRIVING_OF_ONE: usize = 24;
const NO_FILE: Outcome = Outcome::Unknown("The batch was not announced with a file of this name.");

/// The part of a representation that a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u64,
    /// After its last byte.
    end: u64,
    total: u64,
}

/// A file that is arriving; nobody else may send it until this is dropped.
struct Turn<'a>(&'a Intake, (String, String, String));

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.arriving.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Intake {
    fn turn(&self, delivery: &Delivery, name: &str) -> Result<Turn<'_>, Outcome> {
        let key = (delivery.supplier.clone(), delivery.id.clone(), name.to_owned());
        let mut arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        if arriving.iter().filter(|(supplier, ..)| *supplier == delivery.supplier).count() >= ARRIVING_OF_ONE
        {
            let words =
                format!("{ARRIVING_OF_ONE} of your files are arriving. Wait until one of them has come.");
            return Err(Outcome::Throttled(words));
        }
        if arriving.len() >= ARRIVING {
            return Err(Outcome::Unavailable("Many files are arriving. Try again in a moment."));
        }
        if !arriving.insert(key.clone()) {
            let words = "This file is arriving on another connection. Wait until that one has ended.";
            return Err(Outcome::Throttled(words.to_owned()));
        }
        Ok(Turn(self, key))
    }

    /// What has come of a file.
    pub(super) fn file(&self, supplier: &Supplier, id: &str, name: &str) -> Result<Response, Outcome> {
        let delivery = self.delivery(supplier, id)?;
        let file = announced_as(&delivery, name)?;
        let mut shown = json!({"name": file.name, "size": file.size, "sha256": file.sha256});
        let received = self.received(&delivery, name);
        let (offset, whole) = match received {
            Received::Whole => (file.size, true),
            Received::Part(coding, length) => {
                shown["encoding"] = coding.name().into();
                (length, false)
            }
        };
        shown["received"] = offset.into();
        shown["complete"] = whole.into();
        let mut response = found(shown.to_string().into_bytes(), JSON);
        told(response.headers_mut(), file, received);
        Ok(response)
    }

    /// Whatever was committed is whole, whether or not its files are still there.
    pub(super) fn received(&self, delivery: &Delivery, name: &str) -> Received {
        match delivery.state {
            DeliveryState::Receiving => self.spool.received(delivery, name),
            DeliveryState::Committed { .. }
            | DeliveryState::Failed { .. }
            | DeliveryState::Loaded { .. }
            | DeliveryState::Refused { .. } => Received::Whole,
        }
    }

    pub(super) fn put_file(
        &self,
        request: &http::Request<()>,
        supplier: &Supplier,
        id: &str,
        name: &str,
        body: &mut Arriving,
    ) -> Result<Response, Outcome> {
        let coding = coding(request.headers())?;
        let range = range(request.headers())?;
        let delivery = self.delivery(supplier, id)?;
        let file = announced_as(&delivery, name)?;
        let _turn = self.turn(&delivery, name)?;
        // Only now is it certain that nobody finishes or deletes it at the same time.
        let delivery = self.delivery(supplier, id)?;
        let before = self.received(&delivery, name);
        if before == Received::Whole {
            let mut response = no_content();
            told(response.headers_mut(), file, before);
            return Ok(response);
        }
        let first = range.map_or(0, |range| range.first);
        if first > 0 && before != Received::Part(coding, first) {
            let words = "Go on where Upload-Offset says, with the same Content-Encoding, or begin anew.";
            return Ok(refused(&Outcome::Conflict(words.to_owned()), file, before));
        }
        let limit = coding.limit(file.size);
        if range.is_some_and(|range| range.total > limit) {
            return Err(too_much(file));
        }
        let limit = range.map_or(limit, |range| range.end);
        let mut may = at_most(limit.saturating_sub(first));
        let came = self.spool.append(&delivery, name, coding, first, &mut may, body);
        if let Ok(length) = &came {
            telemetry::received_bytes(length - first);
            self.room.written();
        }
        let after = || self.received(&delivery, name);
        match came {
            Ok(length) if range.is_none_or(|range| range.end == length && range.end == range.total) => {
                self.finish(&delivery, file, coding)
            }
            Ok(length) if range.is_some_and(|range| range.end != length) => {
                let words = "Fewer bytes came than Content-Range says. Go on where Upload-Offset says.";
                Ok(refused(&Outcome::Invalid(words.to_owned()), file, after()))
            }
            Ok(_) => {
                let mut response = no_content();
                told(response.headers_mut(), file, after());
                Ok(response)
            }
            Err(failed) => Ok(refused(&self.failure(failed, file), file, after())),
        }
    }

    /// All has come: is it what was announced?
    fn finish(&self, delivery: &Delivery, file: &DeliveredFile, coding: Coding) -> Result<Response, Outcome> {
        let ready = match self.spool.unpack(delivery, &file.name, coding, &mut at_most(file.size)) {
            Ok(ready) => ready,
            Err(failed) => return Ok(refused(&self.failure(failed, file), file, nothing())),
        };
        let wrong = if ready.size != file.size {
            Some("it is smaller than announced")
        } else if ready.sha256 != file.sha256 {
            Some("its SHA-256 is not the one announced")
        } else {
            None
        };
        if let Some(words) = wrong {
            self.spool.forget_parts(delivery, &file.name);
            return Ok(refused(&self.failure(Failed::Wrong(words), file), file, nothing()));
        }
        self.spool.keep(delivery, &file.name, &ready).map_err(|error| self.on_disk(&error))?;
        self.spool.forget_parts(delivery, &file.name);
        let mut response = no_content();
        told(response.headers_mut(), file, Received::Whole);
        Ok(response)
    }

    /// A GP2GP message by itself: announced, sent and committed in one request.
    pub(super) fn take_message(
        &self,
        request: &http::Request<()>,
        supplier: &Supplier,
        body: &mut Arriving,
    ) -> Result<Response, Outcome> {
        let coding = coding(request.headers())?;
        if !has_type(request.headers(), &["application/xml", "text/xml"]) {
            return Err(Outcome::MediaType("A GP2GP message is application/xml."));
        }
        let practice = asked_practice(request.uri().query().unwrap_or_default())?;
        self.permitted(supplier, &practice, Format::Gp2gp)?;
        let declared = request.headers().get(header::CONTENT_LENGTH);
        let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
        let limit = announced::largest(&self.settings);
        if declared > coding.limit(limit) {
            return Err(too_large(limit));
        }
        self.has_room(supplier, declared)?;
        let now = self.clock.now();
        let provisional = DeliveredFile { name: "message".to_owned(), size: limit, sha256: String::new() };
        let mut delivery = Delivery {
            supplier: supplier.name.clone(),
            id: new_id(now),
            practice,
            format: Format::Gp2gp.name().to_owned(),
            files: vec![provisional.clone()],
            content: String::new(),
            created: now,
            expires: now + signed(self.settings.unfinished),
            state: DeliveryState::Receiving,
        };
        telemetry::of_batch(&delivery.practice, super::log_name(&delivery));
        let _turn = self.turn(&delivery, &provisional.name)?;
        let taken = self.message(supplier, &mut delivery, &provisional, coding, body);
        let answer = taken.and_then(|known| self.status(request, &known));
        let open = self.stored(self.store.delivery(&supplier.name, &delivery.id))?.is_some();
        if !open {
            self.spool.remove(&delivery).map_err(|error| self.on_disk(&error))?;
        }
        answer
    }

    /// Makes a delivery of a message, or finds the one that it was before.
    fn message(
        &self,
        supplier: &Supplier,
        delivery: &mut Delivery,
        file: &DeliveredFile,
        coding: Coding,
        body: &mut Arriving,
    ) -> Result<Delivery, Outcome> {
        // How large it is is known when it has come; until then nothing but this keeps it within the supplier's share.
        let mut loose = self.loose(supplier)?;
        let mut allowed = at_most(coding.limit(file.size));
        let mut may = |more| allowed(more) && loose.take(more);
        let came = self.spool.append(delivery, &file.name, coding, 0, &mut may, body);
        let came = came.map_err(|failed| self.message_failure(failed, supplier, allowed(1), file))?;
        telemetry::received_bytes(came);
        if came == 0 {
            return Err(Outcome::Invalid("There is no message in the body.".to_owned()));
        }
        let ready = self.unpacked_message(supplier, delivery, file, coding, loose)?;
        // Named for what is in it, so that the same message is the same batch.
        let name = format!("{}.xml", ready.sha256.get(..16).unwrap_or_default());
        let kept = DeliveredFile { name, size: ready.size, sha256: ready.sha256.clone() };
        delivery.content = announced::content(&delivery.practice, Format::Gp2gp, std::slice::from_ref(&kept));
        delivery.files = vec![kept];
        let _changing = self.changing();
        if let Some(known) = self.stored(self.store.delivery_of(&delivery.supplier, &delivery.content))? {
            return Ok(known);
        }
        self.has_room(supplier, ready.size)?;
        for kept in &delivery.files {
            self.spool.keep(delivery, &kept.name, &ready).map_err(|error| self.on_disk(&error))?;
        }
        self.spool.forget_parts(delivery, &file.name);
        self.committed(delivery)
    }

    fn unpacked_message(
        &self,
        supplier: &Supplier,
        delivery: &Delivery,
        file: &DeliveredFile,
        coding: Coding,
        mut loose: Loose<'_>,
    ) -> Result<Ready, Outcome> {
        let mut allowed = at_most(file.size);
        // What was not packed lies there already.
        let mut may = |more| allowed(more) && (coding == Coding::Identity || loose.take(more));
        let ready = self.spool.unpack(delivery, &file.name, coding, &mut may);
        ready.map_err(|failed| self.message_failure(failed, supplier, allowed(1), file))
    }

    /// A message that is larger than one may be, or than there is room for just now.
    fn message_failure(
        &self,
        failed: Failed,
        supplier: &Supplier,
        is_small: bool,
        file: &DeliveredFile,
    ) -> Outcome {
        match failed {
            Failed::TooMuch | Failed::Larger if is_small => self.no_more_room(supplier),
            Failed::TooMuch | Failed::Larger => too_large(file.size),
            failed => self.failure(failed, file),
        }
    }

    fn failure(&self, failed: Failed, file: &DeliveredFile) -> Outcome {
        let thrown_away = |words: &str| {
            Outcome::Mismatch(format!("The file was thrown away: {words}. Send it again as a whole."))
        };
        match failed {
            Failed::Io(error) => self.on_disk(&error),
            Failed::Broken(Broken::Slow) => {
                Outcome::Slow("Nothing came for too long. Go on where Upload-Offset says.")
            }
            Failed::Broken(Broken::Cut) => {
                Outcome::Invalid("The body ended early. Go on where Upload-Offset says.".to_owned())
            }
            Failed::TooMuch => too_much(file),
            Failed::Larger => thrown_away("it is larger than announced"),
            Failed::Wrong(words) => thrown_away(words),
        }
    }
}

fn nothing() -> Received {
    Received::Part(Coding::Identity, 0)
}

fn announced_as<'d>(delivery: &'d Delivery, name: &str) -> Result<&'d DeliveredFile, Outcome> {
    delivery.files.iter().find(|file| file.name == name).ok_or(NO_FILE)
}

fn asked_practice(query: &str) -> Result<record::OdsCode, Outcome> {
    let mut practices = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "practice");
    match (practices.next(), practices.next()) {
        (Some((_, practice)), None) => announced::practice(&practice),
        _ => Err(Outcome::Invalid("Say once whose record it is: ?practice= and an ODS code.".to_owned())),
    }
}

fn coding(headers: &HeaderMap) -> Result<Coding, Outcome> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let named = match (values.next(), values.next()) {
        (None, _) => Some(Coding::Identity),
        (Some(value), None) => Coding::ALL.into_iter().find(|coding| {
            value.to_str().is_ok_and(|value| coding.name().eq_ignore_ascii_case(value.trim()))
        }),
        (Some(_), Some(_)) => None,
    };
    named.ok_or(Outcome::MediaType("Content-Encoding may be gzip or zstd, once, or be left out."))
}

/// `bytes 0-99/200`.
fn range(headers: &HeaderMap) -> Result<Option<Range>, Outcome> {
    let Some(value) = headers.get(header::CONTENT_RANGE) else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(|text| {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let number = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten()
        };
        let (first, last, total) = (number(first)?, number(last)?, number(total)?);
        let end = last.checked_add(1)?;
        (first < end && end <= total).then_some(Range { first, end, total })
    });
    match parsed {
        Some(range) => Ok(Some(range)),
        None => Err(Outcome::Invalid("Content-Range must be like: bytes 100-199/200".to_owned())),
    }
}

/// Says in headers how far a file has come.
fn told(headers: &mut HeaderMap, file: &DeliveredFile, received: Received) {
    let (offset, complete) = match received {
        Received::Whole => (file.size, "?1"),
        Received::Part(_, length) => (length, "?0"),
    };
    headers.insert(OFFSET, HeaderValue::from(offset));
    if received == Received::Whole {
        headers.insert(LENGTH, HeaderValue::from(file.size));
    }
    headers.insert(COMPLETE, HeaderValue::from_static(complete));
}

fn refused(outcome: &Outcome, file: &DeliveredFile, received: Received) -> Response {
    let mut response = outcome.response();
    told(response.headers_mut(), file, received);
    response
}

fn too_much(file: &DeliveredFile) -> Outcome {
    Outcome::TooLarge(format!("More comes than the {} bytes announced. Announce what is sent.", file.size))
}

fn too_large(limit: u64) -> Outcome {
    Outcome::TooLarge(format!("A message may have {} GiB.", limit >> 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_exact_or_refused() {
        let of =
            |text: &str| range(&HeaderMap::from_iter([(header::CONTENT_RANGE, text.try_into().unwrap())]));
        assert_eq!(of("bytes 5-9/10"), Ok(Some(Range { first: 5, end: 10, total: 10 })));
        assert_eq!(range(&HeaderMap::new()), Ok(None));
        for bad in [
            "",
            "bytes",
            "bytes 5-9",
            "bytes 5-9/*",
            "bytes */10",
            "bytes 9-5/10",
            "bytes 5-10/10",
            "bytes -5/10",
            "bytes 5-/10",
            "items 5-9/10",
            "bytes +5-9/10",
            "bytes 0-18446744073709551615/18446744073709551615",
            "bytes 0-1,3-4/10",
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
