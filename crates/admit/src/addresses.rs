//! Addresses that fail to authenticate (R-LIM-3). In: failures and successes by address. Out: whether an address is blocked, and
//! until when. Never here: finding the true address behind proxies, a clock, a lock.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use units::Timestamp;

/// So many failures in a row block an address.
pub const FAILURES_MAX: u32 = 50;
/// For exactly so long, whatever comes meanwhile.
pub const BLOCKED: Duration = Duration::from_secs(300);
/// Failures that nothing followed for so long are forgotten.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

/// Who is counted as one: an IPv4 address, or the half of an IPv6 address that names a network (/64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressBlock(u64, bool);

impl AddressBlock {
    /// The one of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(four) => Self(u64::from(four.to_bits()), true),
            IpAddr::V6(six) => Self((six.to_bits() >> 64) as u64, false),
        }
    }

    /// The address, or the first of the network.
    pub fn first(self) -> IpAddr {
        match self {
            // The upper half of these is never set.
            Self(bits, true) => IpAddr::from(u32::try_from(bits).unwrap_or(u32::MAX).to_be_bytes()),
            Self(bits, false) => IpAddr::from((u128::from(bits) << 64).to_be_bytes()),
        }
    }

    /// As text of 17 characters, the same on every node.
    pub fn text(self) -> String {
        let Self(bits, four) = self;
        format!("{}{bits:016x}", if four { '4' } else { '6' })
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        let four = match text.get(..1)? {
            "4" => true,
            "6" => false,
            _ => return None,
        };
        Some(Self(u64::from_str_radix(text.get(1..)?, 16).ok()?, four))
    }
}

/// As people write it.
impl fmt::Display for AddressBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.first(), if self.1 { "" } else { "/64" })
    }
}

/// A block that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Whose.
    pub address: AddressBlock,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    failures: u32,
    last: Timestamp,
    blocked_until: Option<Timestamp>,
}

/// What is known of addresses. At most so many are remembered; the ones that failed longest ago go first.
#[derive(Debug)]
pub struct Addresses {
    /// Those of lately, and those of before; when the first is full it takes the place of the second.
    recent: BTreeMap<AddressBlock, Known>,
    before: BTreeMap<AddressBlock, Known>,
    room: usize,
}

impl Addresses {
    /// Remembers at most so many.
    pub const fn new(most: usize) -> Self {
        Self { recent: BTreeMap::new(), before: BTreeMap::new(), room: most.div_ceil(2) }
    }

    /// Until when an address is blocked; `None` when it is not.
    pub fn blocked(&self, address: AddressBlock, now: Timestamp) -> Option<Timestamp> {
        let known = self.recent.get(&address).or_else(|| self.before.get(&address))?;
        known.blocked_until.filter(|until| *until > now)
    }

    /// How many are blocked.
    pub fn blocked_count(&self, now: Timestamp) -> usize {
        self.in_force(now).count()
    }

    /// Those that are blocked, in no order.
    pub fn blocks(&self, now: Timestamp) -> Vec<Blocked> {
        self.in_force(now).collect()
    }

    fn in_force(&self, now: Timestamp) -> impl Iterator<Item = Blocked> {
        let recent = self.recent.iter();
        // What is in both counts by what is known lately.
        let before = self.before.iter().filter(|(address, _)| !self.recent.contains_key(address));
        let block = move |(address, known): (&AddressBlock, &Known)| {
            let until = known.blocked_until.filter(|until| *until > now)?;
            let lasts = i64::try_from(BLOCKED.as_millis()).unwrap_or(i64::MAX);
            let since = Timestamp::from_ms(until.ms().saturating_sub(lasts));
            Some(Blocked { address: *address, since, until })
        };
        recent.chain(before).filter_map(block)
    }

    /// Somebody lets an address in again: its block is forgotten, but for one that ends later. What failed since is counted on.
    pub fn lift(&mut self, address: AddressBlock, until: Timestamp) {
        for known in [&mut self.recent, &mut self.before] {
            if known.get(&address).is_some_and(|found| found.blocked_until.is_some_and(|end| end <= until)) {
                known.remove(&address);
            }
        }
    }

    /// An address failed; until when it is blocked, if it is. A block is not made longer by what comes while it lasts.
    pub fn failed(&mut self, address: AddressBlock, now: Timestamp) -> Option<Timestamp> {
        let known = self.known(address, now);
        if let Some(until) = known.blocked_until {
            return Some(until);
        }
        known.failures += 1;
        if known.failures >= FAILURES_MAX {
            known.failures = 0;
            known.blocked_until = Some(now.plus(BLOCKED));
        }
        known.blocked_until
    }

    /// An address did well: its failures are forgotten, a block is not. Whether there was anything to forget.
    pub fn succeeded(&mut self, address: AddressBlock) -> bool {
        let forget = |known: &mut BTreeMap<AddressBlock, Known>| match known.get_mut(&address) {
            Some(found) if found.blocked_until.is_none() => known.remove(&address).is_some(),
            _ => false,
        };
        let recent = forget(&mut self.recent);
        forget(&mut self.before) || recent
    }

    /// Another node blocked an address.
    pub fn block(&mut self, address: AddressBlock, until: Timestamp, now: Timestamp) {
        if until > now {
            let known = self.known(address, now);
            known.blocked_until.get_or_insert(until);
        }
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.recent.len() + self.before.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn known(&mut self, address: AddressBlock, now: Timestamp) -> &mut Known {
        let fresh = Known { failures: 0, last: now, blocked_until: None };
        let mut known = self.recent.remove(&address).or_else(|| self.before.remove(&address)).unwrap_or(fresh);
        if known.blocked_until.is_some_and(|until| until <= now) || now.since(known.last) >= FORGOTTEN_AFTER {
            known = fresh;
        }
        known.last = now;
        if self.recent.len() >= self.room {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.entry(address).insert_entry(known).into_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000 + ms)
    }

    fn block(text: &str) -> AddressBlock {
        AddressBlock::of(text.parse().unwrap())
    }

    /// R-LIM-3: the 50th failure in a row blocks, for exactly 5 minutes; then the count begins anew.
    #[test]
    fn r_lim_3_fifty_failures_block_for_five_minutes() {
        let mut all = Addresses::new(100);
        let (bad, good) = (block("192.0.2.1"), block("192.0.2.2"));
        for n in 0..49 {
            assert_eq!(all.failed(bad, at(n)), None);
        }
        assert_eq!(all.failed(bad, at(1_000)), Some(at(301_000)));
        assert_eq!((all.blocked(bad, at(1_000)), all.blocked(good, at(1_000))), (Some(at(301_000)), None));
        // Nothing makes it longer, and nothing shorter.
        assert_eq!(all.failed(bad, at(300_000)), Some(at(301_000)));
        assert!(!all.succeeded(bad));
        assert_eq!(all.blocked(bad, at(300_999)), Some(at(301_000)));
        assert_eq!(all.blocked(bad, at(301_000)), None);
        assert_eq!((all.blocked_count(at(300_999)), all.blocked_count(at(301_000))), (1, 0));
        for n in 0..49 {
            assert_eq!(all.failed(bad, at(301_000 + n)), None);
        }
        assert_eq!(all.failed(bad, at(302_000)), Some(at(602_000)));
    }

    /// R-LIM-3: in a row means without a success between.
    #[test]
    fn r_lim_3_a_success_forgets_failures() {
        let mut all = Addresses::new(100);
        let address = block("192.0.2.1");
        for _ in 0..3 {
            (0..49).for_each(|n| assert_eq!(all.failed(address, at(n)), None));
            assert!(all.succeeded(address));
            assert!(!all.succeeded(address));
        }
        // So does an hour of silence.
        (0..49).for_each(|n| assert_eq!(all.failed(address, at(n)), None));
        assert_eq!(all.failed(address, at(48 + 3_600_000)), None);
    }

    #[test]
    fn networks_of_ipv6_count_as_one() {
        let same = [block("2001:db8:1:2::1"), block("2001:db8:1:2:ffff::9")];
        assert_eq!(same[0], same[1]);
        assert_ne!(same[0], block("2001:db8:1:3::1"));
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
        assert_ne!(block("::c000:201"), block("192.0.2.1"));
        for one in [block("192.0.2.1"), same[0], block("255.255.255.255"), block("ffff:ffff:ffff:ffff::")] {
            assert_eq!(AddressBlock::parse(&one.text()), Some(one));
        }
        assert_eq!(AddressBlock::parse("5000000000000000a"), None);
    }

    /// R-LIM-3: a block that is lifted is gone; one that began since stays, and so do failures.
    #[test]
    fn r_lim_3_a_block_is_lifted() {
        let mut all = Addresses::new(100);
        let (one, two) = (block("192.0.2.1"), block("2001:db8:1:2::9"));
        for address in [one, two] {
            for n in 0..50 {
                let _ = all.failed(address, at(n));
            }
        }
        let blocked = |address| Blocked { address, since: at(49), until: at(300_049) };
        assert_eq!(all.blocks(at(50)), [blocked(one), blocked(two)]);
        assert_eq!([one.to_string(), two.to_string()], ["192.0.2.1", "2001:db8:1:2::/64"]);
        assert_eq!(block(&two.first().to_string()), two);
        all.lift(one, at(300_048));
        assert_eq!(all.blocked(one, at(50)), Some(at(300_049)), "an older block was lifted");
        all.lift(one, at(300_049));
        assert_eq!(all.blocks(at(50)), [blocked(two)]);
        (0..49).for_each(|n| assert_eq!(all.failed(one, at(60 + n)), None));
        assert_eq!(all.blocks(at(300_049)), []);
        // Where nothing is blocked, nothing is lifted: other nodes are told of a lift again and again.
        let three = block("192.0.2.3");
        for n in 0..50 {
            all.lift(three, at(400_000));
            assert_eq!(all.failed(three, at(60 + n)).is_some(), n == 49);
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut all = Addresses::new(100);
        let one = |n: u32| AddressBlock::of(IpAddr::from(n.to_be_bytes()));
        for n in 0..10_000 {
            all.failed(one(n), at(0));
            all.failed(one(0), at(0));
            assert!(all.len() <= 100, "{}", all.len());
        }
        // Who failed all the while is known all the while.
        assert_eq!(all.blocked(one(0), at(1)), Some(at(300_000)));
        assert!(!all.is_empty());
    }

    #[test]
    fn blocks_of_other_nodes_hold_here() {
        let mut all = Addresses::new(100);
        let address = block("192.0.2.1");
        all.block(address, at(5_000), at(1_000));
        assert_eq!(all.failed(address, at(2_000)), Some(at(5_000)));
        assert_eq!(all.blocked(address, at(5_000)), None);
        all.block(address, at(6_000), at(7_000));
        assert_eq!(all.blocked(address, at(5_500)), None);
    }
}
