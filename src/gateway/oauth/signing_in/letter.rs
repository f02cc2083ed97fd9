//! `/oauth/letter`: a person signs in with what their practice has given them in a letter (`auth::linkage`), and then
//! answers the app as everybody does.

use std::net::IpAddr;

use auth::{
    authorize::Authorization,
    linkage::{self, Fitting, Tried, Typed},
    provider::{
        matching::{NotOwn, Standing},
        trip,
    },
    rate::{Limiter, Rate},
};
use http::header;
use jiff::SignedDuration;

use super::{Gone, browser, browser_cookie, failed, page};
use crate::{
    Request, Response,
    oauth::{
        OAuth,
        authorize::CARRIED,
        choosing,
        form::Form,
        page::{Kind, Page, carried, escape, nothing_shared, paragraph},
        reply,
        words::say,
    },
};

/// How often people at one address may try: some have their whole network behind one.
const RATE: Rate = Rate { burst: 30, per: SignedDuration::from_mins(10) };

impl OAuth {
    /// The form.
    pub(in crate::oauth) fn letter_asked(&self, request: &Request) -> Response {
        let form = match Form::of_query(request) {
            Ok(form) => form,
            Err(bad) => return reply::page(&Page::refusal(bad.words())),
        };
        match self.judge(&form) {
            Ok(authorization) => reply::page(&Page::letter(&form, false, &self.way_back(&authorization))),
            Err(response) => *response,
        }
    }

    /// What somebody has typed into it.
    pub(in crate::oauth) fn letter_typed(
        &self,
        request: &Request,
        limiter: &Limiter<IpAddr>,
        address: IpAddr,
    ) -> Response {
        self.by_letter(request, limiter, address).unwrap_or_else(|response| *response)
    }

    fn by_letter(&self, request: &Request, limiter: &Limiter<IpAddr>, address: IpAddr) -> Gone {
        if !self.is_own_form(request.headers()) {
            return Err(page(&Page::forgery()));
        }
        let form = Form::of_body(request).map_err(|bad| page(&Page::refusal(bad.words())))?;
        let now = self.now();
        limiter.allow(address, RATE, now).map_err(|wait| wait_for(&Page::too_often(), wait))?;
        let authorization = self.judge(&form)?;
        let back = self.way_back(&authorization);
        let wrong = || page(&Page::letter(&form, true, &back));
        let tried =
            linkage::attempt(&*self.store, now, &typed(&form)).map_err(|error| failed(&error.into()))?;
        let fitting = match tried {
            Tried::Fits(fitting) => fitting,
            Tried::Wrong => return Err(wrong()),
            Tried::Locked(wait) => return Err(wait_for(&Page::letter_locked(&back), wait)),
        };
        self.opens(&fitting, &authorization, &back)?;
        let account = fitting.sign_in(&*self.store, now).map_err(|error| failed(&error.into()))?;
        let account = account.ok_or_else(wrong)?;
        let parameters = CARRIED
            .iter()
            .filter_map(|name| form.get(name).map(|value| ((*name).to_owned(), value.to_owned())));
        let request_of = (authorization.app.client_id, parameters.collect());
        let browser = browser(request.headers()).map_err(|failure| failed(&failure))?;
        let ticket = trip::ticket(&*self.store, now, &browser, &account.id, request_of);
        let ticket = ticket.map_err(|failure| failed(&failure))?;
        let answer = format!("{}/oauth/answer", self.urls.base);
        Ok(browser_cookie(reply::redirect(&answer, &[("ticket", &ticket)]), &browser))
    }

    /// A letter from which nothing would come is not used up.
    fn opens(
        &self,
        fitting: &Fitting,
        authorization: &Authorization,
        back: &str,
    ) -> Result<(), Box<Response>> {
        let not_own = |why| Err(page(&Page::not_own(why, None, back)));
        match self.standing(&fitting.subject()).map_err(|error| failed(&error.into()))? {
            Standing::Open => {}
            Standing::Left => return not_own(NotOwn::Left),
            Standing::Closed => return not_own(NotOwn::NotEnabled),
        }
        let (today, app) = (self.clock.today(), &authorization.app);
        let choices = choosing::choices(&*self.store, today, app, &fitting.account());
        match choices.map_err(|error| failed(&error.into()))?.is_empty() {
            true => Err(page(&Page::no_record())),
            false => Ok(()),
        }
    }
}

fn typed(form: &Form) -> Typed<'_> {
    let of = |name| form.get(name).unwrap_or_default();
    Typed {
        practice: of("practice"),
        id: of("account"),
        key: of("key"),
        surname: of("surname"),
        born: [of("day"), of("month"), of("year")],
    }
}

fn wait_for(what: &Page, wait: SignedDuration) -> Box<Response> {
    let mut response = reply::page(what);
    response.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
    Box::new(response)
}

impl Page {
    /// What stands in the letter? Nothing that was typed is shown again: who looks over a shoulder, or comes back to the
    /// page, sees none of it.
    fn letter(form: &Form, wrong: bool, back: &str) -> Self {
        let title = say("letter.title", &[]);
        let problem =
            wrong.then(|| format!("<p class=\"error\" role=\"alert\">{}</p>", say("letter.wrong", &[])));
        let fields: String = FIELDS.iter().map(field).collect();
        let body = format!(
            "<h1>{title}</h1>{}{}<form method=\"post\" action=\"letter\">{}{fields}<fieldset><legend>{}</legend>\
             <p class=\"note\">{}</p>{}</fieldset><button>{}</button></form><p><a href=\"{}\">{}</a></p>",
            problem.unwrap_or_default(),
            paragraph(&say("letter.words", &[])),
            carried(form),
            say("letter.born", &[]),
            say("letter.born-as", &[]),
            BORN.iter().map(field).collect::<String>(),
            say("letter.continue", &[]),
            escape(back),
            say("providers.back", &[])
        );
        Self::leading_to(&title, &body, Some(String::new()))
    }

    fn letter_locked(back: &str) -> Self {
        let body = format!(
            "{}{}<p><a href=\"{}\">{}</a></p>",
            paragraph(&say("letter.locked", &[])),
            nothing_shared(),
            escape(back),
            say("back.app", &[])
        );
        Self::plain(Kind::TooOften, &say("letter.locked-title", &[]), &body)
    }
}

/// Name, the name of its words, and what a browser may know of it.
type Field = (&'static str, &'static str, &'static str);

const FIELDS: [Field; 4] = [
    ("practice", "letter.practice", "autocomplete=\"off\" autocapitalize=\"characters\""),
    ("account", "letter.account", "autocomplete=\"off\" inputmode=\"numeric\""),
    ("key", "letter.key", "autocomplete=\"off\" autocapitalize=\"characters\""),
    ("surname", "letter.surname", "autocomplete=\"family-name\""),
];
const BORN: [Field; 3] = [
    ("day", "letter.day", "autocomplete=\"bday-day\" inputmode=\"numeric\""),
    ("month", "letter.month", "autocomplete=\"bday-month\" inputmode=\"numeric\""),
    ("year", "letter.year", "autocomplete=\"bday-year\" inputmode=\"numeric\""),
];

fn field((name, words, of_browser): &Field) -> String {
    let words = say(words, &[]);
    format!(
        "<label for=\"{name}\">{words}</label><input id=\"{name}\" name=\"{name}\" required spellcheck=\"false\" {of_browser}>"
    )
}
