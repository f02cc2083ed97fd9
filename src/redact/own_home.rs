//! Where the patient lives, in words: what stands so in an own address stays.

use crate::keep::{Keep, Keeper};

impl Keeper<'_> {
    /// Two words or more that stand so in an address of the patient: `Ty Gwyn, Heol Isaf` names a house.
    pub(crate) fn own_home(&mut self) {
        let text = self.text;
        for at in 0..text.tokens.len() {
            let named = text.titled(at) || text.shouted && text.is_word(at);
            if !named || !self.known.may_be_home(text.word(at)) {
                continue;
            }
            let run = |address: &Vec<String>| {
                let length = |begin: usize| {
                    let same = |n: &usize| text.word(at + n) == address[begin + n] && text.is_word(at + n);
                    (0..address.len() - begin).take_while(same).count()
                };
                (0..address.len()).filter(|begin| address[*begin] == text.word(at)).map(length).max()
            };
            let longest = self.known.addresses.iter().filter_map(run).max().unwrap_or(0);
            if longest > 1 {
                self.keep(at, at + longest - 1, Keep::Thing);
            }
        }
    }
}
