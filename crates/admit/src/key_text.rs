//! The text of a key: `<prefix>` + 43 base-62 characters (256 bits) + 6 of checksum. In: random bytes or a text.
//! Out: a key, or why a text cannot be one. A misspelt key is refused here, before any lookup. Never here: hashing.

use units::Secret;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 is above 2^256.
const BODY_LEN: usize = 43;
/// 62^6 is above 2^32.
const CHECK_LEN: usize = 6;
/// A key's text is never longer.
const TEXT_LEN_MAX: usize = 128;
/// So many characters after the prefix text are kept for people to recognise a key (R-KEY-1).
const SHOWN: usize = 4;

/// Why a text cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Too short, too long, or with characters no key has.
    #[error("this is not the form of a key")]
    Form,
    /// The checksum does not fit: a character is wrong or missing.
    #[error("the key is misspelt")]
    Checksum,
}

/// Makes the text of a new key of 32 random bytes.
pub fn mint(prefix: &str, random: &[u8; 32]) -> Secret<String> {
    let mut text = String::with_capacity(prefix.len() + BODY_LEN + CHECK_LEN);
    text.push_str(prefix);
    push_base62(&mut text, random);
    let check = checksum(&text);
    text.extend(check.map(char::from));
    Secret::new(text)
}

/// Whether a text can be a key: form and checksum. The prefix may be any: operators change it, old keys stay valid.
///
/// # Errors
/// `Form` or `Checksum`.
pub fn is_well_formed(text: &str) -> Result<(), KeyTextError> {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if text.len() > TEXT_LEN_MAX || text.len() < BODY_LEN + CHECK_LEN || !text.bytes().all(known) {
        return Err(KeyTextError::Form);
    }
    let (signed, check) = text.split_at(text.len() - CHECK_LEN);
    if check.as_bytes() == checksum(signed) { Ok(()) } else { Err(KeyTextError::Checksum) }
}

/// The CRC-32 of a text as base-62 digits.
fn checksum(text: &str) -> [u8; CHECK_LEN] {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECK_LEN];
    for slot in digits.iter_mut().rev() {
        *slot = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

/// What of a key's text may be kept and shown: the prefix text and four characters (`sk-tg-0PkU`).
pub fn display_prefix(text: &str) -> &str {
    let end = text.len().saturating_sub(BODY_LEN + CHECK_LEN) + SHOWN;
    text.get(..end).unwrap_or("")
}

/// Writes 32 big-endian bytes as base-62 digits.
fn push_base62(text: &mut String, bytes: &[u8; 32]) {
    let mut digits = [b'0'; BODY_LEN];
    let mut rest = *bytes;
    for slot in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut rest {
            let value = remainder * 256 + u32::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *slot = ALPHABET[remainder as usize];
    }
    text.extend(digits.map(char::from));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// R-KEY-1: prefix text plus four characters are all that is ever shown again.
    #[test]
    fn the_shown_prefix_is_prefix_text_and_four() {
        let key = mint("zk_live_", &[9; 32]);
        assert_eq!(display_prefix(key.expose()).len(), "zk_live_".len() + 4);
        assert!(key.expose().starts_with(display_prefix(key.expose())));
        assert_eq!(key.expose().len(), 8 + 43 + 6);
    }

    #[test]
    fn texts_that_are_no_keys() {
        let long = "a".repeat(200);
        for text in [
            "",
            "sk-",
            "sk-proj-abc",
            "ключ",
            long.as_str(),
            "sk-tg-has space in it 0123456789012345678901234567890",
        ] {
            assert_eq!(is_well_formed(text), Err(KeyTextError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_minted_key_is_well_formed_and_one_wrong_character_is_seen(
            random: [u8; 32], at in 0_usize..55, with in "[0-9A-Za-z]",
        ) {
            let key = mint("sk-tg-", &random).expose().clone();
            prop_assert_eq!(is_well_formed(&key), Ok(()));
            let mut wrong = key.clone();
            wrong.replace_range(at..=at, &with);
            prop_assert_eq!(is_well_formed(&wrong).is_ok(), wrong == key);
        }
    }
}
