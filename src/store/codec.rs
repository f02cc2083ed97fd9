//! Values as bytes: what LMDB lacks, a checksum, goes in front of each.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::StoreError;

/// A value in the engine's compact form, with its checksum.
pub(crate) fn pack<T: Serialize>(value: &T, space: &'static str) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(value, vec![0; 4]).map(seal).map_err(|_| StoreError::Damaged(space))
}

/// The value again.
pub(crate) fn unpack<'b, T: Deserialize<'b>>(bytes: &'b [u8], space: &'static str) -> Result<T, StoreError> {
    postcard::from_bytes(open(bytes, space)?).map_err(|_| StoreError::Damaged(space))
}

/// A value as JSON, for what is small and whose shape will grow.
pub(crate) fn pack_json<T: Serialize>(value: &T, space: &'static str) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, value).map_err(|_| StoreError::Damaged(space))?;
    Ok(seal(bytes))
}

/// The value again.
pub(crate) fn unpack_json<T: DeserializeOwned>(bytes: &[u8], space: &'static str) -> Result<T, StoreError> {
    serde_json::from_slice(open(bytes, space)?).map_err(|_| StoreError::Damaged(space))
}

/// Bytes with their checksum.
pub(crate) fn pack_raw(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(bytes.len() + 4);
    sealed.extend_from_slice(&[0; 4]);
    sealed.extend_from_slice(bytes);
    seal(sealed)
}

/// The bytes behind a checksum that fits.
pub(crate) fn open<'b>(bytes: &'b [u8], space: &'static str) -> Result<&'b [u8], StoreError> {
    let (sum, value) = bytes.split_first_chunk::<4>().ok_or(StoreError::Damaged(space))?;
    if u32::from_le_bytes(*sum) == crc32fast::hash(value) {
        Ok(value)
    } else {
        Err(StoreError::Damaged(space))
    }
}

fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some((head, value)) = bytes.split_first_chunk_mut::<4>() {
        *head = crc32fast::hash(value).to_le_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_is_noticed() {
        let packed = pack_raw(b"value");
        assert_eq!(open(&packed, "test").unwrap(), b"value");
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&damaged, "test").is_err(), "bit {bit}");
        }
        assert!(open(&packed[..3], "test").is_err());
    }
}
