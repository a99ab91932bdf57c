//! Caps, one by one and against a model that only remembers every call. In: orders. Out: verdicts.
//! Never here: the store.

use super::*;
use crate::{Closing, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, LimitSource, Wallet};
use proptest::prelude::*;
use units::{GrantId, WorkspaceId};

const DAY_MS: i64 = 86_400_000;

fn nano(n: i64) -> NanoUsd {
    NanoUsd::new(n)
}

fn key(n: u8) -> KeyId {
    KeyId::from_bytes([n; 16])
}

fn meter(n: u8) -> MeterId {
    MeterId::from_bytes([n; 16])
}

/// A wallet with enough in it, and what its calls count.
struct World {
    wallet: Wallet,
    tallies: Tallies,
    serial: u8,
}

impl World {
    fn new() -> Self {
        let mut wallet = Wallet::default();
        let order = GrantOrder {
            id: GrantId::from_bytes([1; 16]),
            workspace: WorkspaceId::from_bytes([0; 16]),
            kind: GrantKind::Paid,
            amount: nano(1_000_000),
            expires_at: None,
            reason: String::new(),
            actor: String::new(),
            address: String::new(),
            at: Timestamp::from_ms(0),
        };
        wallet.grant(&order).unwrap();
        Self { wallet, tallies: Tallies::default(), serial: 0 }
    }

    fn order(&mut self, at_ms: i64, caps: &[Cap], want: i64, floor: i64) -> HoldOrder {
        self.serial += 1;
        HoldOrder {
            id: RequestId::new(Timestamp::from_ms(at_ms), [self.serial; 10]),
            workspace: WorkspaceId::from_bytes([0; 16]),
            key: key(7),
            counted: Counted { member: Some(meter(8)), end_user: Some(meter(9)) },
            caps: caps.into(),
            want: nano(want),
            floor: nano(floor),
            at: Timestamp::from_ms(at_ms),
        }
    }

    fn hold(&mut self, order: &HoldOrder) -> Result<OpenHold, LimitSource> {
        self.tallies.hold(&mut self.wallet, order).unwrap().map_err(|refusal| refusal.source)
    }

    fn extend(&mut self, hold: &mut OpenHold, caps: &[Cap], by: i64) -> bool {
        let order = ExtendOrder { id: hold.id, seq: hold.seq + 1, by: nano(by), caps: caps.into(), at: hold.at };
        let answer = self.tallies.extend(&mut self.wallet, hold, &order).unwrap();
        matches!(answer, HoldAnswer::Held { .. })
    }

    fn settle(&mut self, hold: &OpenHold, cost: i64) -> Closing {
        let closing = self.wallet.settle(hold, nano(cost), hold.at).unwrap();
        let spend = KeySpend { spent: closing.charged, ..KeySpend::default() };
        self.tallies.close(hold, Some(spend)).unwrap();
        closing
    }
}

impl World {
    fn release(&mut self, hold: &OpenHold) {
        let _ = self.wallet.release(hold, false, hold.at).unwrap();
        self.tallies.close(hold, None).unwrap();
    }
}

const ALL: [Capped; 7] = [
    Capped::KeyInAll,
    Capped::Key(Span::Day),
    Capped::Key(Span::Month),
    Capped::Member(Span::Day),
    Capped::Member(Span::Month),
    Capped::EndUser(Span::Day),
    Capped::EndUser(Span::Month),
];

/// R-KEY-2, R-KEY-3: each cap holds by itself, to the nano-dollar, and a hold never takes more than is left.
#[test]
fn r_key_2_a_cap_is_never_exceeded() {
    for of in ALL {
        let mut world = World::new();
        let cap = [Cap::spend(of, nano(100))];
        let first = world.order(0, &cap, 70, 70);
        let first = world.hold(&first).unwrap();
        let waits = world.order(0, &cap, 40, 40);
        assert_eq!(world.hold(&waits), Err(LimitSource::CapInFlight(cap[0])), "{of:?}");
        let cut = world.order(0, &cap, 40, 10);
        let mut cut = world.hold(&cut).unwrap();
        assert_eq!(cut.amount(), Ok(nano(30)), "{of:?}");
        assert!(!world.extend(&mut cut, &cap, 1), "{of:?}");
        assert_eq!(world.settle(&first, 200).charged, nano(70));
        assert_eq!(world.settle(&cut, 30).charged, nano(30));
        let late = world.order(0, &cap, 1, 1);
        assert_eq!(world.hold(&late), Err(LimitSource::Cap(cap[0])), "{of:?}");
        let free = world.order(0, &[], 1, 1);
        assert!(world.hold(&free).is_ok(), "{of:?}");
    }
}

/// What is charged counts for the day on which the call began, and a month has all its days.
#[test]
fn a_cap_begins_anew_with_its_day_or_month() {
    let last_of_january = 30;
    for (of, next_day, next_month) in [
        (Capped::KeyInAll, false, false),
        (Capped::Key(Span::Day), true, true),
        (Capped::Member(Span::Month), false, true),
        (Capped::EndUser(Span::Month), false, true),
    ] {
        let mut world = World::new();
        let cap = [Cap::spend(of, nano(10))];
        let order = world.order((last_of_january - 1) * DAY_MS, &cap, 10, 10);
        let hold = world.hold(&order).unwrap();
        // It ends a month later, and counts all the same for the day of its beginning.
        let _ = world.settle(&OpenHold { at: Timestamp::from_ms(40 * DAY_MS), ..hold }, 10);
        let same_month = world.order(last_of_january * DAY_MS, &cap, 10, 10);
        assert_eq!(world.hold(&same_month).is_ok(), next_day, "{of:?}");
        let later = world.order((last_of_january + 1) * DAY_MS, &cap, 10, 10);
        assert_eq!(world.hold(&later).is_ok(), next_month, "{of:?}");
    }
    assert_eq!(Span::Month.ends(Timestamp::from_ms(5)).to_string(), "1970-02-01T00:00:00.000Z");
    assert_eq!(Span::Day.ends(Timestamp::from_ms(5)).to_string(), "1970-01-02T00:00:00.000Z");
}

#[test]
fn the_tightest_cap_is_told_and_a_cap_on_nobody_counts_nobody() {
    let mut world = World::new();
    let caps = [Cap::spend(Capped::KeyInAll, nano(50)), Cap::spend(Capped::Key(Span::Day), nano(20))];
    let order = world.order(0, &caps, 21, 21);
    assert_eq!(world.hold(&order), Err(LimitSource::Cap(caps[1])));
    let nobody = [Cap::spend(Capped::EndUser(Span::Day), nano(20))];
    let order = HoldOrder { counted: Counted::default(), ..world.order(0, &nobody, 20, 20) };
    assert!(world.hold(&order).is_ok());
    let order = HoldOrder { counted: Counted::default(), ..world.order(0, &nobody, 20, 20) };
    let hold = world.hold(&order).unwrap();
    let _ = world.settle(&hold, 20);
    // A cap that was lowered below what is spent leaves no room, and never a negative one.
    let lowered = [Cap::spend(Capped::KeyInAll, nano(5))];
    let order = world.order(0, &lowered, 1, 0);
    assert_eq!(world.hold(&order), Err(LimitSource::Cap(lowered[0])));
}

/// R-KEY-3: requests are counted by day, whatever they cost: those under way and those that were answered, not those that were given
/// back. One more is refused, by its cap, and takes nothing; a raised hold is no second request.
#[test]
fn r_key_3_requests_of_a_day_have_caps() {
    for of in [Capped::Key(Span::Day), Capped::Member(Span::Day), Capped::EndUser(Span::Day)] {
        let mut world = World::new();
        let caps = [Cap::requests(of, 2), Cap::spend(Capped::KeyInAll, nano(100))];
        let free = world.order(0, &caps, 0, 0);
        let mut first = world.hold(&free).unwrap();
        assert!(world.extend(&mut first, &caps, 5), "{of:?}");
        let second = world.order(0, &caps, 10, 10);
        let second = world.hold(&second).unwrap();
        let third = world.order(DAY_MS - 1, &caps, 10, 10);
        assert_eq!(world.hold(&third), Err(LimitSource::Cap(caps[0])), "{of:?}");
        world.release(&second);
        let again = world.hold(&third).unwrap();
        let _ = world.settle(&first, 0);
        let _ = world.settle(&again, 10);
        let fourth = world.order(DAY_MS - 1, &caps, 0, 0);
        assert_eq!(world.hold(&fourth), Err(LimitSource::Cap(caps[0])), "{of:?}");
        let next_day = world.order(DAY_MS, &caps, 0, 0);
        assert!(world.hold(&next_day).is_ok(), "{of:?}");
        // Whom the call does not name nobody counts.
        let of_nobody = HoldOrder { counted: Counted::default(), ..world.order(0, &caps, 0, 0) };
        assert_eq!(world.hold(&of_nobody).is_ok(), of != Capped::Key(Span::Day), "{of:?}");
    }
}

#[test]
fn old_days_are_forgotten_but_not_what_is_held() {
    let mut world = World::new();
    let order = world.order(0, &[], 5, 5);
    let hold = world.hold(&order).unwrap();
    world.tallies.load_day(meter(3), 0, (nano(4), 1));
    world.tallies.forget_before(1);
    let at = Timestamp::from_ms(0);
    assert_eq!(world.tallies.over(meter(3), Span::Day, at), Spent::default());
    assert_eq!(world.tallies.over(key(7).into(), Span::Day, at).held, nano(5));
    let _ = world.settle(&hold, 5);
    assert_eq!(world.tallies.key(key(7)).1, Spent { spent: nano(5), held: nano(0) });
}

#[derive(Clone, Debug)]
enum Op {
    Hold { which: usize, day: i64, want: i64, floor: i64 },
    Extend { which: usize, by: i64 },
    Close { which: usize, cost: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0_usize..7, 0_i64..70, 0_i64..40, 0_i64..40).prop_map(|(which, day, want, floor)| Op::Hold {
            which,
            day,
            want,
            floor: floor.min(want)
        }),
        (any::<usize>(), 0_i64..20).prop_map(|(which, by)| Op::Extend { which, by }),
        (any::<usize>(), 0_i64..60).prop_map(|(which, cost)| Op::Close { which, cost }),
    ]
}

proptest! {
    /// Whatever runs at once: what is charged under a cap stays below it, and what is left is exactly what calls left.
    #[test]
    fn caps_agree_with_a_model_that_remembers_every_call(ops in prop::collection::vec(op(), 1..100)) {
        let mut world = World::new();
        let limit = 100;
        let mut open: Vec<(OpenHold, [Cap; 1])> = Vec::new();
        let mut closed: Vec<(OpenHold, i64)> = Vec::new();
        for op in ops {
            match op {
                Op::Hold { which, day, want, floor } => {
                    let cap = [Cap::spend(ALL[which], nano(limit))];
                    let order = world.order(day * DAY_MS, &cap, want, floor);
                    let within = |hold: &OpenHold| {
                        let days = ALL[which].span().map_or(i64::MIN..=i64::MAX, |span| span.days(order.at));
                        days.contains(&hold.id.made_at().day())
                    };
                    let charged = closed.iter().filter(|(hold, _)| within(hold)).map(|(_, charge)| charge);
                    let held = open.iter().filter(|(hold, _)| within(hold)).map(|(hold, _)| hold.amount().unwrap().nano());
                    let room = limit - charged.sum::<i64>() - held.sum::<i64>();
                    match world.hold(&order) {
                        Ok(hold) => {
                            prop_assert!(room >= floor);
                            prop_assert_eq!(hold.amount().unwrap().nano(), want.min(room));
                            open.push((hold, cap));
                        }
                        Err(_) => prop_assert!(room < floor),
                    }
                }
                Op::Extend { which, by } if !open.is_empty() => {
                    let at = which % open.len();
                    let (hold, cap) = &mut open[at];
                    world.extend(hold, cap, by);
                }
                Op::Close { which, cost } if !open.is_empty() => {
                    let (hold, _) = open.remove(which % open.len());
                    let charged = world.settle(&hold, cost).charged.nano();
                    closed.push((hold, charged));
                }
                Op::Extend { .. } | Op::Close { .. } => {}
            }
        }
        // All count for the same key, member and end user, so that an uncapped sum may pass the limit; a capped call never does.
        let all: i64 = closed.iter().map(|(_, charge)| charge).sum();
        prop_assert_eq!(world.tallies.key(key(7)).0.spent.nano(), all);
    }
}
