//! The gateway's own keys: made once, kept in files that only the service's user can read.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::{ConfigError, Keys};

/// The file with which resource ids are made.
const ID: &str = "id.key";
/// The file with which page links are sealed.
const CURSOR: &str = "cursor.key";
/// Their length.
const LENGTH: usize = 32;

/// A key. It shows itself to nobody who does not ask for it by name.
#[derive(Clone)]
pub struct Secret([u8; LENGTH]);

impl Secret {
    /// One that stands for another where nothing is made with it.
    pub(super) fn unused() -> Self {
        Self([0; LENGTH])
    }

    /// The bytes, for the function that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The gateway's own keys.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Makes resource ids. It must never change while there are records.
    pub id: Secret,
    /// Seals page links. Losing it costs clients a search from its first page.
    pub cursor: Secret,
}

impl Keys {
    /// Reads the keys, and makes those that do not exist yet.
    ///
    /// # Errors
    /// If a file is too short or too long, can be read by anybody else, or cannot be made.
    pub fn open(&self) -> Result<Secrets, ConfigError> {
        if !self.dir.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.dir)
                .map_err(|source| ConfigError::Unreadable { file: self.dir.clone(), source })?;
        }
        Ok(Secrets { id: read_or_make(&self.dir.join(ID))?, cursor: read_or_make(&self.dir.join(CURSOR))? })
    }

    /// What is wrong with the keys that exist, without making any.
    pub(super) fn problems(&self) -> Vec<ConfigError> {
        let files = [ID, CURSOR].map(|name| self.dir.join(name));
        files.iter().filter(|file| file.exists()).filter_map(|file| read(file).err()).collect()
    }

    /// Whether the key of resource ids has been made.
    pub(super) fn id_exists(&self) -> bool {
        self.dir.join(ID).exists()
    }
}

fn read_or_make(file: &Path) -> Result<Secret, ConfigError> {
    match make(file) {
        Ok(secret) => {
            tracing::warn!(file = %file.display(), "made a new key: keep a copy of it in a safe place");
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(file),
        Err(source) => Err(ConfigError::Unreadable { file: file.to_owned(), source }),
    }
}

/// Written aside and linked to its name, which fails if there is a key: a crash leaves no half of one, and of two
/// who make it at once one wins.
fn make(file: &Path) -> io::Result<Secret> {
    if file.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("the system gave no random bytes"))?;
    let aside = file.with_extension(format!("new-{}", std::process::id()));
    let mut opened =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    opened.write_all(&bytes)?;
    opened.sync_all()?;
    let linked = fs::hard_link(&aside, file);
    fs::remove_file(&aside)?;
    linked?;
    if let Some(folder) = file.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(Secret(bytes))
}

fn read(file: &Path) -> Result<Secret, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { file: file.to_owned(), source };
    let wrong = |problem: String, remedy| Err(ConfigError::Value { key: "keys.dir", problem, remedy });
    let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let problem = format!("{} is open to other users (mode {mode:03o})", file.display());
        return wrong(problem, "run chmod 600 on it, and think about whether somebody has read it");
    }
    match fs::read(file).map_err(unreadable)?.try_into() {
        Ok(bytes) => Ok(Secret(bytes)),
        Err(bytes) => {
            let bytes: Vec<u8> = bytes;
            let problem = format!("{} has {} bytes, not {LENGTH}", file.display(), bytes.len());
            wrong(
                problem,
                "put back the copy that was kept; only before the first record was read may it be deleted",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys { dir: dir.path().join("keys") };
        let made = keys.open().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&keys.dir), 0o700);
        assert_eq!(mode(&keys.dir.join(ID)), 0o600);
        assert_ne!(made.id.expose(), made.cursor.expose());
        assert_eq!(keys.open().unwrap().id.expose(), made.id.expose());
        assert!(!format!("{made:?}").contains(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn a_key_that_others_can_read_or_that_was_cut_short_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys { dir: dir.path().to_owned() };
        keys.open().unwrap();
        let cursor = dir.path().join(CURSOR);
        fs::set_permissions(&cursor, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(keys.open().unwrap_err().to_string().contains("mode 640"));
        fs::set_permissions(&cursor, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&cursor, [7; 31]).unwrap();
        assert!(keys.open().unwrap_err().to_string().contains("31 bytes, not 32"));
        assert_eq!(keys.problems().len(), 1);
    }
}
