//! Devices that ask for a key (RFC 8628): their two codes, and how often they may ask. In: chance, instants, addresses. Out: codes,
//! digests, patience. Never here: who decides (api/devices), the wire (doors/device), rows (store).

use crate::house::House;
use crate::limits::{DEVICE_BEGUN_MAX, DEVICE_INTERVAL, DEVICE_PLACES_MAX, DEVICE_SLOWER, DEVICE_TIME};
use admit::AddressBlock;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::time::Duration;
use units::{Secret, Timestamp};

type Map<K, V> = foldhash::HashMap<K, V>;

/// The letters of the code that people type: none of them makes a word or looks like another.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// So many of them.
const USER_CODE_LETTERS: usize = 8;

/// What set-up tokens begin with.
pub const INSTALL_BEGINS: &str = "it_";

/// How often devices ask, on this node.
#[derive(Default)]
pub struct Desk {
    asked: Mutex<Map<[u8; 32], Asked>>,
    begun: Mutex<Map<AddressBlock, (Timestamp, u32)>>,
}

#[derive(Clone, Copy)]
struct Asked {
    last: Timestamp,
    interval: Duration,
}

impl Desk {
    /// Whether a device asks sooner than it was told to; then it has to wait longer from now on. A second is forgiven: clocks are
    /// not exact.
    pub fn is_too_soon(&self, id: [u8; 32], now: Timestamp) -> bool {
        let mut all = self.asked.lock();
        make_room(&mut all, |asked| now.since(asked.last) < DEVICE_TIME);
        let Some(asked) = all.get_mut(&id) else {
            all.insert(id, Asked { last: now, interval: DEVICE_INTERVAL });
            return false;
        };
        let too_soon = now.since(asked.last) + Duration::from_secs(1) < asked.interval;
        asked.last = now;
        if too_soon {
            asked.interval += DEVICE_SLOWER;
        }
        too_soon
    }

    /// Whether one more device may begin from an address; each counts for as long as it could be decided about.
    pub fn may_begin(&self, from: Option<IpAddr>, now: Timestamp) -> bool {
        let Some(from) = from else { return true };
        let mut all = self.begun.lock();
        make_room(&mut all, |(since, _)| now.since(*since) < DEVICE_TIME);
        let (since, count) = all.entry(AddressBlock::of(from)).or_insert((now, 0));
        if now.since(*since) >= DEVICE_TIME {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= DEVICE_BEGUN_MAX
    }
}

/// Keeps a map within its bounds: what is past goes, and where that is not enough, everything.
fn make_room<K: std::hash::Hash + Eq, V>(all: &mut Map<K, V>, is_fresh: impl Fn(&V) -> bool) {
    if all.len() >= DEVICE_PLACES_MAX {
        all.retain(|_, value| is_fresh(value));
    }
    if all.len() >= DEVICE_PLACES_MAX {
        all.clear();
    }
}

impl House {
    /// A new code for a device to keep.
    pub fn device_code(&self) -> Secret<String> {
        let mut random = [0; 32];
        self.chance.fill(&mut random);
        Secret::new(URL_SAFE_NO_PAD.encode(random))
    }

    /// A new code for people to type (`BCDF-GHJK`).
    pub fn user_code(&self) -> String {
        let mut text = String::with_capacity(USER_CODE_LETTERS + 1);
        while text.len() <= USER_CODE_LETTERS {
            let mut random = [0; 16];
            self.chance.fill(&mut random);
            // The bytes above would make the first letters likelier.
            for byte in random.into_iter().filter(|byte| *byte < 240).take(USER_CODE_LETTERS + 1 - text.len()) {
                if text.len() == USER_CODE_LETTERS / 2 {
                    text.push('-');
                }
                text.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
            }
        }
        text.truncate(USER_CODE_LETTERS + 1);
        text
    }

    /// The digest of a device's code.
    pub fn device_digest(&self, code: &str) -> [u8; 32] {
        self.vault.digest(&format!("device\n{code}"))
    }

    /// A new set-up token, and the digest by which it is found: it is the code of a device that was approved before it asked.
    pub fn install_token(&self) -> (Secret<String>, [u8; 32]) {
        let code = self.device_code();
        let text = format!("{INSTALL_BEGINS}{}", code.expose());
        let digest = self.device_digest(&text);
        (Secret::new(text), digest)
    }

    /// The digest of a code that somebody typed, however they wrote it; `None` where it cannot be one.
    pub fn user_code_digest(&self, typed: &str) -> Option<[u8; 32]> {
        let letters: String =
            typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        let is_one = letters.len() == USER_CODE_LETTERS && letters.bytes().all(|b| LETTERS.contains(&b));
        is_one.then(|| self.vault.digest(&format!("device of a person\n{letters}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_ms(s * 1_000)
    }

    /// RFC 8628, 3.5: who asks too soon waits five seconds longer, then and ever after.
    #[test]
    fn who_asks_too_soon_waits_longer() {
        let desk = Desk::default();
        let asks = |id: u8, s| desk.is_too_soon([id; 32], at(s));
        assert_eq!([asks(1, 0), asks(1, 5), asks(1, 9), asks(1, 13)], [false, false, false, false]);
        assert_eq!([asks(1, 15), asks(1, 23), asks(1, 38)], [true, true, false]);
        assert!(!asks(2, 15));
    }

    #[test]
    fn an_address_may_begin_so_many_for_a_while() {
        let desk = Desk::default();
        let from = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        for _ in 0..DEVICE_BEGUN_MAX {
            assert!(desk.may_begin(from(1), at(0)));
        }
        assert!(!desk.may_begin(from(1), at(1)) && desk.may_begin(from(2), at(1)) && desk.may_begin(None, at(1)));
        assert!(desk.may_begin(from(1), Timestamp::from_ms(0).plus(DEVICE_TIME)));
    }
}
