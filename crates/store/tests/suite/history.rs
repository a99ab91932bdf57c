//! Random histories: every answer of an engine is the rulebook's, through repeats, restarts, expiry and time.
//! Never here: single cases (money), a rulebook of its own.

use crate::world::{Customer, World, seed, usage_row};
use ledger::{
    Cap, Capped, Caps, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, HoldState, KeySpend, OpenHold,
    SettleAnswer, Span, Tallies, Wallet,
};
use std::collections::HashMap;
use std::time::Duration;
use store::Opened;
use units::{NanoUsd, RequestId, Timestamp};

const STEPS: usize = 400;

on_both! {
    an_engine_is_the_rulebook,
}

/// The rulebook beside the engine.
struct Mirror {
    wallet: Wallet,
    tallies: Tallies,
    open: Vec<(HoldOrder, OpenHold)>,
    closed: HashMap<RequestId, HoldState>,
    spend: KeySpend,
    written_off: i64,
}

struct Run {
    world: World,
    customer: Customer,
    mirror: Mirror,
    roll: u64,
}

impl Run {
    fn roll(&mut self, below: u64) -> u64 {
        // splitmix64
        self.roll = self.roll.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.roll ^ (self.roll >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (n ^ (n >> 27)) % below
    }

    fn amount(&mut self, below: u64) -> i64 {
        i64::try_from(self.roll(below)).unwrap()
    }

    fn now(&self) -> Timestamp {
        self.world.now()
    }

    async fn step(&mut self, o: &Opened) {
        match self.roll(20) {
            0..=1 => self.grant(o).await,
            2..=7 => self.hold(o).await,
            8..=10 => self.extend(o).await,
            11..=14 => self.settle(o).await,
            15..=16 => self.release(o).await,
            17 => self.repeat(o).await,
            // Now and then a day ends.
            18 => {
                let minutes = self.roll(120);
                self.world.forward(Duration::from_secs(60 * minutes));
            }
            _ => {
                let ms = self.roll(1_500);
                self.world.forward(Duration::from_millis(ms));
            }
        }
        let answer = o.ledger.balance(self.customer.workspace, self.now()).await.unwrap();
        assert_eq!(answer, self.mirror.wallet.balance(self.now()).unwrap());
    }

    async fn grant(&mut self, o: &Opened) {
        let kinds = [GrantKind::Plan, GrantKind::Promo, GrantKind::Paid];
        let kind = kinds[usize::try_from(self.roll(3)).unwrap()];
        let lives = Duration::from_millis(self.roll(9_000));
        let amount = self.amount(900) + 1;
        let order = GrantOrder {
            kind,
            expires_at: (kind != GrantKind::Paid).then(|| self.now().plus(lives)),
            ..self.world.grant(self.customer, amount)
        };
        self.mirror.wallet.grant(&order).unwrap();
        o.ledger.grant(order.clone()).await.unwrap();
        o.ledger.grant(order).await.unwrap();
    }

    async fn hold(&mut self, o: &Opened) {
        let (a, b) = (self.amount(700), self.amount(700));
        let order = HoldOrder {
            want: NanoUsd::new(a.max(b)),
            floor: NanoUsd::new(a.min(b)),
            caps: self.caps(),
            ..self.world.hold(self.customer, 0)
        };
        let answer = o.ledger.hold(order.clone()).await.unwrap();
        let mirror = &mut self.mirror;
        let expected = match mirror.tallies.hold(&mut mirror.wallet, &order).unwrap() {
            Err(refusal) => HoldAnswer::Refused(refusal),
            Ok(hold) => {
                let amount = hold.amount().unwrap();
                mirror.open.push((order, hold));
                HoldAnswer::Held { amount }
            }
        };
        assert_eq!(answer, expected);
    }

    /// None, one or two caps, as tight as the charges of some steps.
    fn caps(&mut self) -> Caps {
        let all = [Capped::KeyInAll, Capped::Key(Span::Day), Capped::Key(Span::Month), Capped::Member(Span::Day)];
        let cap = |run: &mut Self| {
            let of = all[usize::try_from(run.roll(4)).unwrap()];
            match run.roll(4) {
                0 => Cap::requests(of, u32::try_from(run.roll(40)).unwrap()),
                _ => Cap::spend(of, NanoUsd::new(run.amount(60_000))),
            }
        };
        match self.roll(4) {
            0 => [cap(self)].into(),
            1 => [cap(self), cap(self)].into(),
            _ => Caps::default(),
        }
    }

    fn pick(&mut self) -> Option<usize> {
        let open = u64::try_from(self.mirror.open.len()).unwrap();
        (open > 0).then(|| usize::try_from(self.roll(open)).unwrap())
    }

    async fn extend(&mut self, o: &Opened) {
        let Some(n) = self.pick() else { return };
        let by = NanoUsd::new(self.amount(300));
        let (at, caps) = (self.now(), self.caps());
        let mirror = &mut self.mirror;
        let (_, hold) = &mut mirror.open[n];
        let order = ExtendOrder { id: hold.id, seq: hold.seq + 1, by, caps, at };
        let expected = mirror.tallies.extend(&mut mirror.wallet, hold, &order).unwrap();
        assert_eq!(o.ledger.extend(order.clone()).await.unwrap(), expected);
        if matches!(expected, HoldAnswer::Held { .. }) {
            assert_eq!(o.ledger.extend(order).await.unwrap(), expected);
        }
    }

    async fn settle(&mut self, o: &Opened) {
        let Some(n) = self.pick() else { return };
        let cost = self.amount(1_200);
        let (order, hold) = self.mirror.open.swap_remove(n);
        let closing = self.mirror.wallet.settle(&hold, NanoUsd::new(cost), self.now()).unwrap();
        let settle = self.world.settle(&order, cost);
        let spend = KeySpend { spent: closing.charged, cache: settle.usage.cache() };
        self.mirror.tallies.close(&hold, Some(spend)).unwrap();
        let answer = o.ledger.settle(settle).await.unwrap();
        assert_eq!(answer, SettleAnswer::Settled { charged: closing.charged, written_off: closing.written_off });
        self.mirror.spend = self.mirror.spend.plus(spend).unwrap();
        self.told(o).await;
        self.mirror.written_off += closing.written_off.nano();
        self.mirror.closed.insert(order.id, closing.state);
    }

    /// R-ROUTE-9: what the key is told is what its settles came to, whatever was repeated or released meanwhile.
    async fn told(&self, o: &Opened) {
        assert_eq!(o.ledger.key_spend(self.customer.key).await.unwrap(), self.mirror.spend);
    }

    async fn release(&mut self, o: &Opened) {
        let Some(n) = self.pick() else { return };
        let (order, hold) = self.mirror.open.swap_remove(n);
        let _ = self.mirror.wallet.release(&hold, false, self.now()).unwrap();
        self.mirror.tallies.close(&hold, None).unwrap();
        let row = (self.roll(2) == 0).then(|| usage_row(&order));
        let answer = o.ledger.release(order.id, row).await.unwrap();
        assert_eq!(answer, HoldState::Released);
        self.mirror.closed.insert(order.id, answer);
    }

    /// Every order that was answered before, again.
    async fn repeat(&mut self, o: &Opened) {
        for (order, hold) in &self.mirror.open {
            let amount = hold.amount().unwrap();
            let answer = o.ledger.hold(order.clone()).await.unwrap();
            assert_eq!(answer, HoldAnswer::Held { amount });
        }
        for (id, state) in &self.mirror.closed {
            let order = HoldOrder { id: *id, ..self.world.hold(self.customer, 1) };
            let answer = o.ledger.settle(self.world.settle(&order, 3)).await.unwrap();
            assert_eq!(answer, SettleAnswer::Already(*state));
            let answer = o.ledger.hold(order).await.unwrap();
            assert_eq!(answer, HoldAnswer::Conflict(*state));
        }
    }

    /// The process ends: open holds are void. Ids of holds that left no trace are forgotten.
    async fn restart(&mut self, o: Opened) -> Opened {
        o.ledger.close().await.unwrap();
        drop(o);
        for (_, hold) in std::mem::take(&mut self.mirror.open) {
            let _ = self.mirror.wallet.release(&hold, true, self.now()).unwrap();
            self.mirror.tallies.close(&hold, None).unwrap();
        }
        let settled = |state: &HoldState| matches!(state, HoldState::Settled { .. });
        self.mirror.closed.retain(|_, state| settled(state));
        let o = self.world.open().await;
        let report = o.ledger.audit().await.unwrap();
        assert_eq!(report.findings, Vec::<String>::new());
        assert_eq!(report.open_holds, 0);
        assert_eq!(report.charged, self.mirror.spend.spent);
        assert_eq!(report.written_off.nano(), self.mirror.written_off);
        self.told(&o).await;
        o
    }
}

async fn an_engine_is_the_rulebook(world: World) {
    let seed = seed();
    let mut o = world.open().await;
    let customer = world.customer(&o, 0).await;
    let mut run = Run {
        world,
        customer,
        roll: seed,
        mirror: Mirror {
            wallet: Wallet::default(),
            tallies: Tallies::default(),
            open: Vec::new(),
            closed: HashMap::new(),
            spend: KeySpend::default(),
            written_off: 0,
        },
    };
    // Printed when it fails.
    println!("seed {seed}");
    for n in 1..=STEPS {
        run.step(&o).await;
        if n % 100 == 0 {
            o = run.restart(o).await;
        }
    }
    o.ledger.close().await.unwrap();
}
