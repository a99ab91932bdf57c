//! The wallet against a ledger so naive that it cannot be wrong: every nano-USD is a coin with a place of its own.
//! In: random histories of grants, holds, extensions, settles, releases, sweeps and time. Out: agreement at each step.
//! Never here: prices (meter_tests), engines (the store crate).

use crate::{
    Balance, Caps, Code, Counted, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, LimitSource, OpenHold,
    Wallet,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use units::{GrantId, KeyId, NanoUsd, RequestId, Timestamp, WorkspaceId};

#[derive(Clone, Debug)]
enum Op {
    Grant { kind: usize, amount: i64, lives: Option<i64> },
    Hold { want: i64, floor: i64 },
    Extend { which: usize, by: i64, again: bool },
    Settle { which: usize, cost: i64 },
    Release { which: usize },
    Time { ms: i64 },
    Sweep,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..3_usize, 1..60_i64, prop::option::of(1..80_i64))
            .prop_map(|(kind, amount, lives)| Op::Grant { kind, amount, lives }),
        5 => (0..50_i64, 0..50_i64).prop_map(|(a, b)| Op::Hold { want: a.max(b), floor: a.min(b) }),
        3 => (any::<usize>(), 0..30_i64, any::<bool>())
            .prop_map(|(which, by, again)| Op::Extend { which, by, again }),
        4 => (any::<usize>(), 0..80_i64).prop_map(|(which, cost)| Op::Settle { which, cost }),
        2 => any::<usize>().prop_map(|which| Op::Release { which }),
        3 => (1..40_i64).prop_map(|ms| Op::Time { ms }),
        1 => Just(Op::Sweep),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coin {
    Free,
    Held(usize),
    Spent,
    Broken,
}

struct Pile {
    rank: (u8, bool, i64, GrantId),
    ends: Option<i64>,
    swept: bool,
    coins: Vec<Coin>,
}

/// The naive ledger. `touched` keeps in which order a hold first took from each pile.
#[derive(Default)]
struct Model {
    piles: BTreeMap<GrantId, Pile>,
    touched: BTreeMap<usize, Vec<GrantId>>,
    written_off: i64,
}

impl Model {
    fn alive(&self, id: GrantId, now: i64) -> bool {
        let pile = &self.piles[&id];
        !pile.swept && pile.ends.is_none_or(|end| end > now)
    }

    fn order(&self, now: i64) -> Vec<GrantId> {
        let mut ids: Vec<_> = self.piles.keys().copied().filter(|id| self.alive(*id, now)).collect();
        ids.sort_by_key(|id| self.piles[id].rank);
        ids
    }

    fn count(&self, ids: &[GrantId], which: impl Fn(Coin) -> bool) -> i64 {
        let coins = ids.iter().flat_map(|id| &self.piles[id].coins);
        i64::try_from(coins.filter(|c| which(**c)).count()).unwrap()
    }

    /// Takes up to `want` coins, or says what is in the way.
    fn take(&mut self, hold: usize, want: i64, floor: i64, now: i64) -> Result<(), LimitSource> {
        let order = self.order(now);
        let free = self.count(&order, |c| c == Coin::Free);
        if free < floor {
            let all = free + self.count(&order, |c| matches!(c, Coin::Held(_)));
            return Err(if all >= floor { LimitSource::InFlight } else { LimitSource::Balance });
        }
        let mut left = want;
        for id in order {
            for coin in &mut self.piles.get_mut(&id).unwrap().coins {
                if left > 0 && *coin == Coin::Free {
                    *coin = Coin::Held(hold);
                    left -= 1;
                    let touched = self.touched.entry(hold).or_default();
                    if !touched.contains(&id) {
                        touched.push(id);
                    }
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, hold: usize, cost: i64, now: i64) -> i64 {
        let mut left = cost;
        for id in self.touched.remove(&hold).unwrap_or_default() {
            let alive = self.alive(id, now);
            for coin in &mut self.piles.get_mut(&id).unwrap().coins {
                if *coin == Coin::Held(hold) {
                    *coin = match (left > 0, alive) {
                        (true, _) => Coin::Spent,
                        (false, true) => Coin::Free,
                        (false, false) => Coin::Broken,
                    };
                    left -= i64::from(*coin == Coin::Spent);
                }
            }
        }
        self.written_off += left;
        cost - left
    }

    fn sweep(&mut self, now: i64) -> i64 {
        let mut broken = 0;
        let ids: Vec<_> = self.piles.keys().copied().collect();
        for id in ids {
            if !self.alive(id, now) {
                let pile = self.piles.get_mut(&id).unwrap();
                pile.swept = true;
                for coin in pile.coins.iter_mut().filter(|c| **c == Coin::Free) {
                    *coin = Coin::Broken;
                    broken += 1;
                }
            }
        }
        broken
    }
}

struct Both {
    wallet: Wallet,
    model: Model,
    open: Vec<(usize, OpenHold)>,
    now: i64,
    serial: u8,
    holds: usize,
    /// Sums of the journal by code.
    journal: BTreeMap<i16, i64>,
}

fn nano(n: i64) -> NanoUsd {
    NanoUsd::new(n)
}

impl Both {
    fn post(&mut self, code: Code, amount: i64) {
        assert!(amount > 0, "a posting of {amount}");
        *self.journal.entry(code.number()).or_default() += amount;
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Time { ms } => self.now += ms,
            Op::Grant { kind, amount, lives } => self.grant(kind, amount, lives),
            Op::Hold { want, floor } => self.hold(want, floor),
            Op::Extend { which, by, again } if !self.open.is_empty() => {
                self.extend(which, by, again);
            }
            Op::Settle { which, cost } if !self.open.is_empty() => self.close(which, Some(cost)),
            Op::Release { which } if !self.open.is_empty() => self.close(which, None),
            Op::Sweep => {
                let broken = self.model.sweep(self.now);
                let sweeps = self.wallet.sweep(Timestamp::from_ms(self.now)).unwrap();
                let sum: i64 = sweeps.iter().map(|s| s.broken.nano()).sum();
                assert_eq!(sum, broken);
                for posting in sweeps.iter().filter_map(crate::Sweep::posting) {
                    self.post(posting.code, posting.amount.nano());
                }
            }
            Op::Extend { .. } | Op::Settle { .. } | Op::Release { .. } => {}
        }
        self.compare();
    }

    fn grant(&mut self, kind: usize, amount: i64, lives: Option<i64>) {
        self.serial += 1;
        let kind = [GrantKind::Plan, GrantKind::Promo, GrantKind::Paid][kind];
        let ends = lives.map(|ms| self.now + ms);
        let id = GrantId::from_bytes([self.serial; 16]);
        let order = GrantOrder {
            id,
            workspace: WorkspaceId::from_bytes([0; 16]),
            kind,
            amount: nano(amount),
            expires_at: ends.map(Timestamp::from_ms),
            reason: String::new(),
            actor: String::new(),
            address: String::new(),
            at: Timestamp::from_ms(self.now),
        };
        let posting = self.wallet.grant(&order).unwrap();
        self.post(posting.code, posting.amount.nano());
        let pile = Pile {
            rank: (kind.priority(), ends.is_none(), ends.unwrap_or(0), id),
            ends,
            swept: false,
            coins: vec![Coin::Free; usize::try_from(amount).unwrap()],
        };
        self.model.piles.insert(id, pile);
    }

    fn hold(&mut self, want: i64, floor: i64) {
        self.holds += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.holds.to_be_bytes());
        let order = HoldOrder {
            id: RequestId::from_bytes(id),
            workspace: WorkspaceId::from_bytes([0; 16]),
            key: KeyId::from_bytes([0; 16]),
            counted: Counted::default(),
            caps: Caps::default(),
            want: nano(want),
            floor: nano(floor),
            at: Timestamp::from_ms(self.now),
        };
        let modelled = self.model.take(self.holds, want, floor, self.now);
        match (self.wallet.hold(&order, None).unwrap(), modelled) {
            (Ok(hold), Ok(())) => {
                let all: Vec<_> = self.model.piles.keys().copied().collect();
                let held = self.model.count(&all, |c| c == Coin::Held(self.holds));
                assert_eq!(hold.amount().unwrap(), nano(held));
                self.open.push((self.holds, hold));
            }
            (Err(refusal), Err(source)) => assert_eq!(refusal.source, source),
            (wallet, model) => panic!("wallet {wallet:?}, model {model:?}"),
        }
    }

    fn extend(&mut self, which: usize, by: i64, again: bool) {
        let which = which % self.open.len();
        let (number, hold) = &mut self.open[which];
        let order = ExtendOrder {
            id: hold.id,
            seq: if again { hold.seq } else { hold.seq + 1 },
            by: nano(by),
            caps: Caps::default(),
            at: Timestamp::from_ms(self.now),
        };
        let modelled = if again { Ok(()) } else { self.model.take(*number, by, by, self.now) };
        match (self.wallet.extend(hold, &order, None).unwrap(), modelled) {
            (HoldAnswer::Held { amount }, Ok(())) => assert_eq!(amount, hold.amount().unwrap()),
            (HoldAnswer::Refused(refusal), Err(source)) => assert_eq!(refusal.source, source),
            (wallet, model) => panic!("wallet {wallet:?}, model {model:?}"),
        }
    }

    fn close(&mut self, which: usize, cost: Option<i64>) {
        let which = which % self.open.len();
        let (number, hold) = self.open.remove(which);
        let now = Timestamp::from_ms(self.now);
        let closing = match cost {
            Some(cost) => self.wallet.settle(&hold, nano(cost), now),
            None => self.wallet.release(&hold, false, now),
        }
        .unwrap();
        let charged = self.model.close(number, cost.unwrap_or(0), self.now);
        assert_eq!(closing.charged, nano(charged));
        let postings: Vec<_> = closing.postings().collect();
        for posting in postings {
            self.post(posting.code, posting.amount.nano());
        }
    }

    fn compare(&self) {
        let mut all_held = 0;
        for (id, pile) in &self.model.piles {
            let free = self.model.count(&[*id], |c| c == Coin::Free);
            let held = self.model.count(&[*id], |c| matches!(c, Coin::Held(_)));
            all_held += held;
            match self.wallet.grants().iter().find(|g| g.id == *id) {
                Some(grant) => {
                    assert_eq!((grant.posted, grant.held), (nano(free + held), nano(held)));
                    assert_eq!(grant.swept, pile.swept);
                }
                // Used up: the wallet may forget it.
                None => assert_eq!((free, held), (0, 0)),
            }
        }
        let balance = self.wallet.balance(Timestamp::from_ms(self.now)).unwrap();
        let free = self.model.count(&self.model.order(self.now), |c| c == Coin::Free);
        assert_eq!(balance.held, nano(all_held));
        assert_eq!(balance.posted.minus(balance.held).unwrap(), nano(free));
        let given = |id: &GrantId| self.model.piles[id].rank.0 < GrantKind::Paid.priority();
        let all: Vec<_> = self.model.piles.keys().copied().filter(given).collect();
        let alive: Vec<_> = self.model.order(self.now).into_iter().filter(given).collect();
        let held = self.model.count(&all, |c| matches!(c, Coin::Held(_)));
        assert_eq!(balance.granted, nano(self.model.count(&alive, |c| c == Coin::Free) + held));
        let all: Vec<_> = self.model.piles.keys().copied().collect();
        let sum = |code: Code| self.journal.get(&code.number()).copied().unwrap_or(0);
        assert_eq!(sum(Code::Usage), self.model.count(&all, |c| c == Coin::Spent));
        assert_eq!(sum(Code::Breakage), self.model.count(&all, |c| c == Coin::Broken));
        assert_eq!(sum(Code::Grant), self.model.count(&all, |_| true));
        assert_eq!(sum(Code::Writeoff), self.model.written_off);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_wallet_agrees_with_coins(ops in prop::collection::vec(op(), 1..120)) {
        let mut both = Both {
            wallet: Wallet::default(),
            model: Model::default(),
            open: Vec::new(),
            now: 1_000,
            serial: 0,
            holds: 0,
            journal: BTreeMap::new(),
        };
        for op in &ops {
            both.step(op);
        }
    }
}

proptest! {
    /// R-API-10, R-API-11: in micro-USD the parts of a balance make the whole, and nothing is told that is not there.
    #[test]
    fn r_api_11_parts_of_a_balance_make_the_whole(
        posted in 0..i64::MAX / 2, held in 0..i64::MAX / 2, granted in 0..i64::MAX / 2,
    ) {
        let (held, granted) = (held.min(posted), granted.min(posted));
        let told = Balance { posted: nano(posted), held: nano(held), granted: nano(granted) }.micro().unwrap();
        prop_assert_eq!((told.available + told.held, told.granted + told.bought), (told.total, told.total));
        prop_assert_eq!(told.total, posted / 1_000);
        prop_assert_eq!((told.available, told.granted), ((posted - held) / 1_000, granted / 1_000));
        prop_assert!(told.held >= 0 && told.bought >= 0);
    }
}

#[test]
fn a_wallet_refuses_what_makes_no_sense() {
    let mut wallet = Wallet::default();
    let order = HoldOrder {
        id: RequestId::from_bytes([0; 16]),
        workspace: WorkspaceId::from_bytes([0; 16]),
        key: KeyId::from_bytes([0; 16]),
        counted: Counted::default(),
        caps: Caps::default(),
        want: nano(1),
        floor: nano(2),
        at: Timestamp::from_ms(0),
    };
    assert!(wallet.hold(&order, None).is_err());
    let negative = HoldOrder { want: nano(-1), floor: nano(-1), ..order.clone() };
    assert!(wallet.hold(&negative, None).is_err());
    // A hold that the wallet never gave is not closed against it.
    let stranger = OpenHold {
        id: order.id,
        workspace: order.workspace,
        key: order.key,
        counted: order.counted,
        want: nano(5),
        floor: nano(5),
        at: order.at,
        seq: 0,
        legs: vec![crate::Leg { grant: GrantId::from_bytes([1; 16]), amount: nano(5) }],
    };
    assert!(wallet.settle(&stranger, nano(5), order.at).is_err());
}
