//! How often a batch is tried. Each try is counted on disk before it begins, so that a batch which brings the process down,
//! whatever is wrong with it, is not tried again for ever and holds nobody else up.

use std::panic::{AssertUnwindSafe, catch_unwind};

use store::Delivery;

use super::{
    Intake,
    loads::{Trouble, turn},
    log_name,
};

/// Tries that may have come to no end before a batch is given up.
const MOST: u32 = 5;

impl Intake {
    /// Loads a batch, and keeps what became of that.
    pub(super) fn load(&self, delivery: &Delivery) {
        let (counted, result) = match self.count(delivery) {
            Ok(counted) => {
                let result = guarded(|| self.try_load(&counted));
                (counted, result)
            }
            Err(trouble) => (delivery.clone(), Err(trouble)),
        };
        if let Err(Trouble::Waits(_) | Trouble::Store(..) | Trouble::Behind(_)) = &result {
            // It was not the batch's fault.
            self.note(&counted, delivery.tries());
        }
        if let Some(why) = self.loads.ended(&counted, result, self.clock.now()) {
            let kept = self.give_up(delivery, why);
            self.loads.given_up(&delivery.practice, kept, self.clock.now());
            self.loads.wake();
        }
    }

    /// Counts a try that is to begin.
    fn count(&self, delivery: &Delivery) -> Result<Delivery, Trouble> {
        if delivery.tries() >= MOST {
            return Err(Trouble::Fails("the service ended each time that it was loaded, or it failed"));
        }
        let counted = delivery.tried(delivery.tries() + 1);
        match self.store.tried(delivery, counted.tries()) {
            Ok(true) => Ok(counted),
            Ok(false) => Err(Trouble::Waits("waits: something has become of it meanwhile")),
            Err(error) => {
                let (supplier, practice, batch) =
                    (&delivery.supplier, &delivery.practice, log_name(delivery));
                tracing::error!(supplier, %practice, batch, %error, "a batch cannot be loaded now");
                Err(Trouble::of_store(&error))
            }
        }
    }

    /// Takes back the tries that are in progress when the service is told to stop: whoever stops it cuts them.
    pub(super) fn forgive(&self) {
        for delivery in self.store.open_deliveries().unwrap_or_default() {
            if delivery.tries() > 0 && self.loads.told(turn(&delivery)).is_some() {
                self.note(&delivery, delivery.tries() - 1);
            }
        }
    }

    /// One try more or less is no reason to stop.
    fn note(&self, delivery: &Delivery, tries: u32) {
        if let Err(error) = self.store.tried(delivery, tries) {
            let (supplier, practice, batch) = (&delivery.supplier, &delivery.practice, log_name(delivery));
            tracing::warn!(supplier, %practice, batch, %error, "how often a batch was tried could not be kept");
        }
    }
}

/// A reader that falls over must not hold its practice up without a word.
fn guarded(attempt: impl FnOnce() -> Result<(), Trouble>) -> Result<(), Trouble> {
    catch_unwind(AssertUnwindSafe(attempt))
        .unwrap_or(Err(Trouble::Fails("reading it failed, by a fault of the gateway")))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use store::DeliveryState;

    use super::*;
    use crate::intake::loads::Loads;

    fn committed(tries: u32) -> Delivery {
        let at = Timestamp::UNIX_EPOCH;
        Delivery {
            supplier: "one".into(),
            id: "1".into(),
            practice: "Y99999".parse().unwrap(),
            format: "gp2gp".into(),
            files: vec![],
            content: String::new(),
            created: at,
            expires: at,
            state: DeliveryState::Committed { at, turn: 7, tries },
        }
    }

    #[test]
    fn a_load_that_falls_over_is_tried_again_after_a_pause_and_given_up_with_a_reason() {
        let loads = Loads::default();
        let mut now = Timestamp::UNIX_EPOCH;
        for tries in 1..=3 {
            let chosen = loads.choose(vec![committed(tries - 1)], now, 1);
            assert_eq!(chosen.len(), 1, "try {tries}");
            let result = guarded(|| panic!("somewhere in a reader"));
            let given_up = loads.ended(&committed(tries), result, now);
            if tries < 3 {
                assert_eq!(given_up, None);
                let (why, _) = loads.waits(&chosen[0].practice).unwrap();
                assert_eq!(why, "reading it failed, by a fault of the gateway");
                assert!(loads.choose(vec![committed(tries)], now, 1).is_empty(), "it waits");
                now += SignedDuration::from_secs(10);
            } else {
                assert_eq!(given_up, Some("reading it failed, by a fault of the gateway"));
            }
        }
        loads.given_up(&committed(3).practice, true, now);
        assert_eq!(loads.choose(vec![committed(0)], now, 1).len(), 1, "the next one goes on");
    }

    #[test]
    fn a_fall_on_a_thread_of_a_load_is_one_of_the_load() {
        let result = guarded(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| panic!("on another thread"));
            });
            Ok(())
        });
        assert!(matches!(result, Err(Trouble::Fails(_))));
    }
}
