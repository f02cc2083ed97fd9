//! Files of deliveries on disk until they are loaded: `supplier/id/files/name` is whole, right and durable;
//! `supplier/id/parts/coding/name` is what has come so far. The names of files have been found harmless before
//! (`announced.rs`), those of suppliers come from the configuration.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use store::Delivery;

use crate::{Arriving, Broken};

/// The largest window of a zstd frame, 8 MiB as RFC 9659 has it for `Content-Encoding: zstd`.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How the bytes on the wire stand for those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    pub(super) const ALL: [Self; 3] = [Self::Identity, Self::Gzip, Self::Zstd];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The most bytes that a file of a size may have on the wire: a little more where compressing gains nothing.
    pub(super) fn limit(self, size: u64) -> u64 {
        match self {
            Self::Identity => size,
            Self::Gzip | Self::Zstd => size.saturating_add(size / 64).saturating_add(64 * 1024),
        }
    }
}

/// What has come of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// All of it.
    Whole,
    /// So many bytes in this coding.
    Part(Coding, u64),
}

/// Whether so many bytes more may be written.
pub(super) type May<'a> = &'a mut dyn FnMut(u64) -> bool;

/// Allows so many bytes in all.
pub(super) fn at_most(limit: u64) -> impl FnMut(u64) -> bool {
    let mut left = limit;
    move |more| {
        let fits = more <= left;
        left = left.saturating_sub(more);
        fits
    }
}

/// Why a file did not come further.
#[derive(Debug)]
pub(super) enum Failed {
    /// The disk.
    Io(io::Error),
    /// The sender; what came is kept.
    Broken(Broken),
    /// More came than there may be; all of it was thrown away.
    TooMuch,
    /// It is larger, unpacked, than it may be, and was thrown away.
    Larger,
    /// What came is not what was announced, and was thrown away.
    Wrong(&'static str),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file that has come as a whole and has been unpacked and looked at.
#[derive(Debug)]
pub(super) struct Ready {
    path: PathBuf,
    pub(super) size: u64,
    pub(super) sha256: String,
}

#[derive(Debug)]
pub(super) struct Spool(PathBuf);

impl Spool {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        make_folder(dir)?;
        Ok(Self(dir.to_owned()))
    }

    fn folder(&self, delivery: &Delivery) -> PathBuf {
        self.0.join(&delivery.supplier).join(&delivery.id)
    }

    /// Where a whole file is.
    pub(super) fn file(&self, delivery: &Delivery, name: &str) -> PathBuf {
        self.folder(delivery).join("files").join(name)
    }

    fn part(&self, delivery: &Delivery, name: &str, coding: Coding) -> PathBuf {
        self.folder(delivery).join("parts").join(coding.name()).join(name)
    }

    pub(super) fn received(&self, delivery: &Delivery, name: &str) -> Received {
        if self.file(delivery, name).exists() {
            return Received::Whole;
        }
        let part = Coding::ALL.into_iter().find_map(|coding| {
            let length = fs::metadata(self.part(delivery, name, coding)).ok()?.len();
            Some(Received::Part(coding, length))
        });
        part.unwrap_or(Received::Part(Coding::Identity, 0))
    }

    /// Adds what arrives to the part of a file that has come, or begins it anew; `may` is asked before each piece whether
    /// so many bytes more may be written. What has come when this returns is on disk. Says how long the part is.
    pub(super) fn append(
        &self,
        delivery: &Delivery,
        name: &str,
        coding: Coding,
        from: u64,
        may: May<'_>,
        body: &mut Arriving,
    ) -> Result<u64, Failed> {
        if from == 0 {
            self.forget_parts(delivery, name);
        }
        let path = self.part(delivery, name, coding);
        make_folder(path.parent().unwrap_or(&path))?;
        let mut file =
            OpenOptions::new().append(true).create(true).truncate(false).mode(0o600).open(&path)?;
        let mut length = from;
        let end = loop {
            match body.piece() {
                Ok(None) => break Ok(()),
                Err(broken) => break Err(broken),
                Ok(Some(piece)) if !may(piece.len() as u64) => {
                    drop(file);
                    self.forget_parts(delivery, name);
                    return Err(Failed::TooMuch);
                }
                Ok(Some(piece)) => {
                    file.write_all(&piece)?;
                    length += piece.len() as u64;
                }
            }
        };
        file.sync_data()?;
        sync_folder(path.parent().unwrap_or(&path))?;
        end.map(|()| length).map_err(Failed::Broken)
    }

    /// Unpacks a part that is complete, as far as it may, and looks at what came out.
    pub(super) fn unpack(
        &self,
        delivery: &Delivery,
        name: &str,
        coding: Coding,
        may: May<'_>,
    ) -> Result<Ready, Failed> {
        let part = self.part(delivery, name, coding);
        let read = BufReader::with_capacity(1 << 16, File::open(&part)?);
        let done = match coding {
            Coding::Identity => look_at(read, may, None).map(|(size, sha256)| (part.clone(), size, sha256)),
            Coding::Gzip => self.unpacked(delivery, name, flate2::bufread::MultiGzDecoder::new(read), may),
            Coding::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(read)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                self.unpacked(delivery, name, decoder, may)
            }
        };
        match done {
            Ok((path, size, sha256)) => Ok(Ready { path, size, sha256 }),
            Err(Failed::Io(error)) => Err(Failed::Io(error)),
            Err(wrong) => {
                self.forget_parts(delivery, name);
                Err(wrong)
            }
        }
    }

    fn unpacked(
        &self,
        delivery: &Delivery,
        name: &str,
        packed: impl Read,
        may: May<'_>,
    ) -> Result<(PathBuf, u64, String), Failed> {
        let path = self.folder(delivery).join("parts").join("unpacked").join(name);
        make_folder(path.parent().unwrap_or(&path))?;
        let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        let (size, sha256) = look_at(packed, may, Some(&mut out))?;
        out.sync_all()?;
        Ok((path, size, sha256))
    }

    /// Moves a file to its place, for good.
    pub(super) fn keep(&self, delivery: &Delivery, name: &str, ready: &Ready) -> io::Result<()> {
        let path = self.file(delivery, name);
        let files = path.parent().unwrap_or(&path);
        make_folder(files)?;
        File::open(&ready.path)?.sync_all()?;
        fs::rename(&ready.path, &path)?;
        sync_folder(files)?;
        let folder = self.folder(delivery);
        for above in folder.ancestors().take(3) {
            sync_folder(above)?;
        }
        Ok(())
    }

    /// Forgets what has come of a file that is not whole.
    pub(super) fn forget_parts(&self, delivery: &Delivery, name: &str) {
        for coding in Coding::ALL.map(Coding::name).into_iter().chain(["unpacked"]) {
            // Mostly there is none.
            let _ = fs::remove_file(self.folder(delivery).join("parts").join(coding).join(name));
        }
    }

    /// Deletes all files of a delivery.
    pub(super) fn remove(&self, delivery: &Delivery) -> io::Result<()> {
        match fs::remove_dir_all(self.folder(delivery)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Deletes what no open delivery owns: a crash may have left it.
    pub(super) fn sweep(&self, open: &[Delivery]) -> io::Result<()> {
        for supplier in fs::read_dir(&self.0)? {
            let supplier = supplier?;
            if !supplier.file_type()?.is_dir() {
                continue;
            }
            for one in fs::read_dir(supplier.path())? {
                let path = one?.path();
                if !open.iter().any(|delivery| self.folder(delivery) == path) {
                    fs::remove_dir_all(path)?;
                }
            }
        }
        Ok(())
    }
}

/// Size and SHA-256 of what is read, which is written too if there is somewhere to write it.
fn look_at(mut read: impl Read, may: May<'_>, mut out: Option<&mut File>) -> Result<(u64, String), Failed> {
    let mut sum = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let piece = match read.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => buffer.get(..length).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.raw_os_error().is_some() => return Err(error.into()),
            Err(_) => return Err(Failed::Wrong("it is not whole, or not of its Content-Encoding")),
        };
        if !may(piece.len() as u64) {
            return Err(Failed::Larger);
        }
        size += piece.len() as u64;
        sum.update(piece);
        if let Some(out) = &mut out {
            out.write_all(piece)?;
        }
    }
    let sha256 = sum.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((size, sha256))
}

fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
