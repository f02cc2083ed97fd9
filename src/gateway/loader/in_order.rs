//! Work on several threads whose results are taken on one, in the order of the items: what comes out is the same
//! however many threads there are.

use std::{num::NonZero, sync::mpsc::sync_channel, thread};

/// Results that a worker may have ready and not yet taken: enough to go on while the taker waits for the disk.
const AHEAD: usize = 8;
/// One thread writes; more workers than it can keep up with would only hold memory.
const WORKERS: usize = 8;

/// How many workers this machine keeps busy.
pub(super) fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(WORKERS)
}

/// Does `work` on each item, each worker with a state of its own, and hands the results to `take` one after the
/// other. Worker `n` has every `n`th item, so that no more than [`AHEAD`] results of each are ever held.
///
/// # Errors
/// What `take` gives; the items behind that one are left.
pub(super) fn in_order<I: Sync, S, T: Send, E>(
    workers: usize,
    items: &[I],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let workers = workers.clamp(1, items.len().max(1));
    thread::scope(|scope| {
        let mut results = Vec::with_capacity(workers);
        for first in 0..workers {
            let (to, from) = sync_channel(AHEAD);
            results.push(from);
            let (begin, work) = (&begin, &work);
            scope.spawn(move || {
                let mut state = begin();
                let mine = items.iter().skip(first).step_by(workers);
                // Nobody takes any more once `take` has failed.
                mine.map(|item| work(&mut state, item)).try_for_each(|made| to.send(made)).is_ok()
            });
        }
        for from in results.iter().cycle().take(items.len()) {
            // A worker that ends early has panicked, which the scope passes on.
            let Ok(made) = from.recv() else { break };
            take(made)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_whatever_each_takes() {
        let items: Vec<u64> = (0..200).collect();
        for workers in [0, 1, 2, 3, 500] {
            let mut taken = Vec::new();
            let slow = |item: &u64| {
                if item.is_multiple_of(7) {
                    thread::sleep(std::time::Duration::from_micros(300));
                }
                item * 2
            };
            let done: Result<(), ()> = in_order(
                workers,
                &items,
                || (),
                |(), item| slow(item),
                |made| {
                    taken.push(made);
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert_eq!(taken, items.iter().map(|item| item * 2).collect::<Vec<_>>(), "{workers} workers");
        }
    }

    #[test]
    fn a_failure_ends_the_work_of_all() {
        let items: Vec<u64> = (0..100_000).collect();
        let mut taken = 0;
        let done = in_order(
            3,
            &items,
            || (),
            |(), item| *item,
            |made| {
                taken += 1;
                if made == 5 { Err("full") } else { Ok(()) }
            },
        );
        assert_eq!((done, taken), (Err("full"), 6));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_a_worker_is_not_lost() {
        let _: Result<(), ()> = in_order(2, &[1, 2, 3], || (), |(), item| assert_ne!(*item, 2), |()| Ok(()));
    }

    #[test]
    fn nothing_to_do_is_done() {
        let done: Result<(), ()> = in_order(2, &[], || (), |(), item: &u8| *item, |_| Err(()));
        assert_eq!(done, Ok(()));
    }
}
