//! A row that somebody changed by hand: what both engines do about it. In: a world, a hand that plants a row in the engine's
//! own SQL. Never here: the SQL.

use crate::world::World;
use ledger::{HoldAnswer, HoldOrder, SettleAnswer};
use store::StoreError;

/// A settle that the rows contradict is refused alone; its workspace holds no more, others go on. `plant` posts a charge of
/// the hold behind the engine's back and says how many rows it wrote.
pub async fn one_row_contradicts(world: World, plant: impl AsyncFnOnce(&World, &HoldOrder) -> u64) {
    let o = world.open().await;
    let (bad, good) = (world.customer(&o, 100).await, world.customer(&o, 100).await);
    let (one, two) = (world.hold(bad, 60), world.hold(good, 60));
    for hold in [&one, &two] {
        let answer = o.ledger.hold(hold.clone()).await.unwrap();
        assert!(matches!(answer, HoldAnswer::Held { .. }));
    }
    assert_eq!(plant(&world, &one).await, 1);
    let (first, second) =
        tokio::join!(o.ledger.settle(world.settle(&one, 5)), o.ledger.settle(world.settle(&two, 5)));
    assert!(matches!(first, Err(StoreError::Corrupt(_))), "{first:?}");
    assert!(matches!(second.unwrap(), SettleAnswer::Settled { .. }));
    let refused = o.ledger.hold(world.hold(bad, 1)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    let answer = o.ledger.hold(world.hold(good, 1)).await.unwrap();
    assert!(matches!(answer, HoldAnswer::Held { .. }));
    assert!(!o.ledger.audit().await.unwrap().findings.is_empty());
    o.ledger.close().await.unwrap();
}
