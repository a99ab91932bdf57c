//! One-time codes by time (RFC 6238: HMAC-SHA1, 30 seconds, six digits, as every app has them). In: a seed, an instant.
//! Out: the step whose code was given. Never here: which steps were used (the store), the seed's seal.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use units::{MethodId, Timestamp};

/// Seconds of a step.
const STEP: i64 = 30;
/// Clocks of phones are a little fast or slow: the step before and the one after count too.
const AROUND: i64 = 1;
/// Crockford has no part in this: RFC 4648.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Where a sealed seed belongs: bound into the seal.
pub fn seed_place(id: MethodId) -> String {
    format!("sign_in_method/{id}")
}

/// A seed of codes.
pub struct Totp {
    mac: Hmac<Sha1>,
}

impl Totp {
    /// Of a seed of 20 bytes, the length of the hash, as the RFC asks for.
    pub fn new(seed: &[u8; 20]) -> Self {
        let mut block = [0; 64];
        block[..20].copy_from_slice(seed);
        // HMAC pads its key with zeros to a block: doing it here keeps the constructor that cannot fail.
        Self { mac: KeyInit::new((&block).into()) }
    }

    /// The step in which this is the code, if it is one of those around now.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        // Apps show it in two halves.
        let code = code.replace(' ', "");
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let given: u32 = code.parse().ok()?;
        let current = now.seconds().div_euclid(STEP);
        // All are computed, whichever is right.
        let steps = (current - AROUND..=current + AROUND).map(|step| (step, self.code(step)));
        steps.fold(None, |found, (step, code)| if code == given { Some(step) } else { found })
    }

    /// The code of a step.
    fn code(&self, step: i64) -> u32 {
        let mut mac = self.mac.clone();
        mac.update(&step.to_be_bytes());
        let digest: [u8; 20] = mac.finalize().into_bytes().into();
        let at = usize::from(digest[19] & 15);
        let four = [digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]];
        u32::from_be_bytes(four) % 1_000_000
    }
}

/// Bytes as apps take a seed: base 32 without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut five = [0; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let value = u64::from_be_bytes(five);
        for n in 0..(chunk.len() * 8).div_ceil(5) {
            text.push(char::from(ALPHABET[(value >> (35 - 5 * n) & 31) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ACC-1: the codes of RFC 6238, appendix B (its last six digits), and nothing but digits.
    #[test]
    fn r_acc_1_codes_are_those_of_the_rfc() {
        let totp = Totp::new(b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = |seconds: i64| Timestamp::from_ms(seconds * 1_000);
            assert_eq!(totp.step_of(code, at(seconds)), Some(seconds / 30), "{seconds}");
            assert_eq!(totp.step_of(code, at(seconds + 30)), Some(seconds / 30));
            assert_eq!(totp.step_of(code, at(seconds - 30)), Some(seconds / 30));
            assert_eq!(totp.step_of(code, at(seconds + 90)), None);
        }
        assert_eq!(totp.step_of(" 287 082 ", Timestamp::from_ms(59_000)), Some(1), "as apps show it");
        for wrong in ["", "28708", "2870821", "+28708", "28 082", "287-082", "\u{ff12}87082"] {
            assert_eq!(totp.step_of(wrong, Timestamp::from_ms(59_000)), None, "{wrong}");
        }
    }

    #[test]
    fn seeds_are_told_in_base_32() {
        for (bytes, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")]
        {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
