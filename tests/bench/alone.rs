//! Parts of a load by themselves: the bare engine with as many bytes, and the log of rows.

use std::{path::Path, time::Duration};

use heed::{EnvFlags, EnvOpenOptions, types::Bytes};
use record::{Fate, OdsCode, Place, Row};
use store::{Lmdb, RowLog, Settings, Store};

use crate::{Failure, ceiling::timed};

/// Values that are made durable together.
const CHUNK: u64 = 4_000;
/// More values say nothing new, and fill the disk.
const MOST: u64 = 1_000_000;

/// How many values were written, and the time for them.
pub(crate) type Timed = (u64, Duration);

/// As many values of so many bytes into a bare store of the engine, in the order of their keys, durably.
#[expect(unsafe_code, reason = "the engine asks for the promise that nobody else has this folder")]
pub(crate) fn engine(values: u64, bytes: usize, folder: &Path) -> Result<Timed, Failure> {
    let values = values.min(MOST);
    let dir = folder.join("bare");
    std::fs::create_dir(&dir)?;
    let mut options = EnvOpenOptions::new();
    options.map_size(64 << 30).max_dbs(1);
    // SAFETY: the folder is this run's own.
    let env = unsafe { options.flags(EnvFlags::NO_READ_AHEAD).open(&dir)? };
    let mut txn = env.write_txn()?;
    let space = env.create_database::<Bytes, Bytes>(&mut txn, Some("bare"))?;
    txn.commit()?;
    let value = vec![b'x'; bytes];
    let (done, time) = timed(|| {
        for first in (0..values).step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
            let mut txn = env.write_txn()?;
            for number in first..values.min(first + CHUNK) {
                space.put(&mut txn, &number.to_be_bytes(), &value)?;
            }
            txn.commit()?;
        }
        Ok::<(), heed::Error>(())
    });
    done?;
    drop(env);
    std::fs::remove_dir_all(&dir)?;
    Ok((values, time))
}

/// As many rows into the log of a new store, durably.
pub(crate) fn row_log(rows: u64, practice: &OdsCode, folder: &Path) -> Result<Timed, Failure> {
    const LOGGED: u64 = 20_000;
    let rows = rows.min(MOST);
    let dir = folder.join("log");
    let store = Lmdb::open(&Settings { dir: dir.clone(), max_gib: 16 })?;
    let batch = store.begin(practice, "rows")?.batch;
    let row = |line| {
        let place =
            Place { file: "a file of a usual length, as suppliers name them, 2026.csv".to_owned(), line };
        Row { place, fate: Some(Fate::Stored), issues: Vec::new(), entry: None }
    };
    let mut time = Duration::ZERO;
    for first in (0..rows).step_by(usize::try_from(LOGGED).unwrap_or(usize::MAX)) {
        let chunk: Vec<Row> = (first..rows.min(first + LOGGED)).map(row).collect();
        let (logged, took) = timed(|| store.log_rows(practice, batch, &chunk));
        logged?;
        time += took;
    }
    drop(store);
    std::fs::remove_dir_all(&dir)?;
    Ok((rows, time))
}
