//! Bodies as they lie in the store: LZ4 with a dictionary of what bodies have in common, so that a body takes a third of
//! its length and comes back in less than a microsecond.
//!
//! A store keeps the dictionary that its bodies were made with. Another version of recordgate may have a better one, and
//! reads this store with this store's own.

use std::sync::Arc;

use heed::RwTxn;
use lz4_flex::block;

use super::Space;
use crate::{StoreError, codec};

/// Parts that many bodies have, without anything of anybody. What new stores begin with.
const FREQUENT: &[u8] = include_bytes!("frequent.txt");
const SPACE: &str = "body";

/// Makes values of bodies and bodies of values: a length, 0 where the body follows as it is, and then the block.
#[derive(Clone)]
pub(super) struct Bodies {
    dictionary: Arc<[u8]>,
}

impl Bodies {
    /// With the dictionary of a store, which is the built-in one if it has none yet.
    pub(super) fn of(meta: Space, txn: &mut RwTxn<'_>) -> Result<Self, StoreError> {
        const AT: &[u8] = b"bodies";
        if let Some(kept) = meta.get(txn, AT)? {
            return Ok(Self { dictionary: codec::open(kept, "meta")?.into() });
        }
        meta.put(txn, AT, &codec::pack_raw(FREQUENT))?;
        Ok(Self { dictionary: FREQUENT.into() })
    }

    pub(super) fn pack(&self, body: &[u8]) -> Vec<u8> {
        let block = block::compress_with_dict(body, &self.dictionary);
        let length = u32::try_from(body.len()).ok().filter(|_| block.len() < body.len());
        let (length, block) = length.map_or((0, body), |length| (length, block.as_slice()));
        codec::pack_raw(&[&length.to_le_bytes(), block].concat())
    }

    pub(super) fn unpack(&self, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = StoreError::Damaged(SPACE);
        let Some((length, block)) = codec::open(value, SPACE)?.split_first_chunk::<4>() else {
            return Err(damaged);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length == 0 {
            return Ok(block.to_vec());
        }
        let mut body = vec![0; length];
        match block::decompress_into_with_dict(block, &mut body, &self.dictionary) {
            Ok(made) if made == length => Ok(body),
            Ok(_) | Err(_) => Err(damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies() -> Bodies {
        Bodies { dictionary: FREQUENT.into() }
    }

    #[test]
    fn a_body_comes_back_byte_for_byte_whatever_it_is() {
        let long: Vec<u8> =
            (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let parts = |from: usize| FREQUENT.get(from..).unwrap_or_default();
        for body in [b"".as_slice(), b"{}", "žluť\0".as_bytes(), &long, FREQUENT, parts(2_000), &[7; 90_000]]
        {
            assert_eq!(bodies().unpack(&bodies().pack(body)).unwrap(), body, "{} bytes", body.len());
        }
    }

    #[test]
    fn what_bodies_have_in_common_takes_next_to_nothing() {
        assert!(bodies().pack(FREQUENT).len() < FREQUENT.len() / 20);
    }

    #[test]
    fn any_flipped_bit_and_any_lost_byte_is_noticed() {
        let packed = bodies().pack(br#"{"resourceType":"Observation","id":"1","status":"final"}"#);
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(bodies().unpack(&damaged).is_err(), "bit {bit}");
        }
        assert!((0..packed.len()).all(|end| bodies().unpack(&packed[..end]).is_err()));
    }

    #[test]
    fn a_block_that_does_not_fit_its_length_or_its_dictionary_is_damaged() {
        let wrong = |length: u32, block: &[u8]| {
            bodies().unpack(&codec::pack_raw(&[&length.to_le_bytes(), block].concat())).is_err()
        };
        let block = block::compress_with_dict(FREQUENT, FREQUENT);
        let length = u32::try_from(FREQUENT.len()).unwrap();
        assert!(!wrong(length, &block));
        assert!(wrong(length + 1, &block) && wrong(length - 1, &block));
        let others = Bodies { dictionary: b"short".as_slice().into() };
        assert!(others.unpack(&bodies().pack(FREQUENT)).is_err());
    }
}
