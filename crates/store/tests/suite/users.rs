//! Users, how they sign in, where they are signed in, what they belong to (R-ACC-1); and the chain of the log.
//! Never here: who may do what.

use crate::world::{World, newest, spawn};
use std::time::Duration;
use store::port::{
    AuditEntry, InvitationRow, MailedKind, MailedRow, MethodKind, MethodRow, NewPassword, NewUser, Revoked, Role,
    SessionRow, UserRow, WorkspaceRow,
};
use store::{Opened, StoreError};
use units::{InvitationId, MethodId, Secret, SessionId, UserId, WorkspaceId};

on_both! {
    r_acc_1_addresses_are_one_users,
    r_acc_1_tokens_work_once_and_for_their_time,
    r_acc_1_a_new_password_ends_every_session,
    r_acc_1_sessions_are_kept_replaced_and_ended,
    r_acc_1_a_step_of_codes_is_used_once,
    r_acc_1_the_last_owner_stays,
    r_acc_1_invitations_are_for_their_address,
    r_acc_1_there_is_one_first_operator,
    r_acc_1_the_log_is_a_chain,
}

fn user(world: &World, name: &str) -> NewUser {
    let id = UserId::new(world.now(), world.random());
    NewUser {
        user: UserRow {
            id,
            email: format!("{name}@Example.com"),
            folded: format!("{name}@example.com"),
            name: name.to_owned(),
            created_at: world.now(),
            verified_at: None,
            disabled_at: None,
            operator: false,
            epoch: 0,
        },
        method: method(world, id, MethodKind::Password),
        workspace: None,
        verify: None,
        invitation: None,
        setup: None,
    }
}

pub fn method(world: &World, user: UserId, kind: MethodKind) -> MethodRow {
    MethodRow {
        id: MethodId::new(world.now(), world.random()),
        user,
        kind,
        subject: String::new(),
        secret: Secret::new(vec![1, 2]),
        created_at: world.now(),
        confirmed_at: (kind == MethodKind::Password).then(|| world.now()),
        counter: 0,
    }
}

pub fn workspace(world: &World, slug: &str) -> WorkspaceRow {
    WorkspaceRow::new(world.workspace(), slug.to_owned(), slug.to_owned(), world.now())
}

fn session(world: &World, user: UserId, n: u8) -> SessionRow {
    SessionRow {
        id: SessionId::new(world.now(), world.random()),
        digest: [n; 32],
        user,
        epoch: 0,
        made_at: world.now(),
        seen_at: world.now(),
        ends_at: world.now().plus(Duration::from_secs(100)),
        aal: 1,
        tries: 0,
        address: "192.0.2.1".to_owned(),
        agent: "a browser".to_owned(),
    }
}

fn mailed(world: &World, user: Option<UserId>, kind: MailedKind, n: u8) -> MailedRow {
    let ends_at = world.now().plus(Duration::from_secs(60));
    MailedRow { digest: [n; 32], user, kind, made_at: world.now(), ends_at }
}

pub async fn registered(world: &World, o: &Opened, name: &str) -> UserRow {
    let new = user(world, name);
    o.people.register(new.clone(), world.log("user.register")).await.unwrap();
    new.user
}

pub fn missing<T>(result: &Result<T, StoreError>, what: &str) -> bool {
    matches!(result, Err(StoreError::NotFound(missing)) if *missing == what)
}

async fn r_acc_1_addresses_are_one_users(world: World) {
    let o = world.open().await;
    let log = || world.log("user.register");
    let ada = user(&world, "ada");
    let own = NewUser { workspace: Some(workspace(&world, "ada")), ..ada.clone() };
    o.people.register(own.clone(), log()).await.unwrap();
    let twin = NewUser { workspace: Some(workspace(&world, "other")), ..user(&world, "ada") };
    assert!(matches!(o.people.register(twin, log()).await, Err(StoreError::Exists("user"))));
    let squatter = NewUser { workspace: Some(workspace(&world, "ada")), ..user(&world, "bob") };
    assert!(matches!(o.people.register(squatter, log()).await, Err(StoreError::Exists("slug"))));
    // What failed left nothing.
    assert_eq!(o.people.list_users().await.unwrap(), std::slice::from_ref(&ada.user));
    assert_eq!(o.store.list_workspaces().await.unwrap().len(), 1);
    assert_eq!(o.store.page_log(newest(10)).await.unwrap().entries.len(), 1);
    assert_eq!(o.people.find_user("ada@example.com".into()).await.unwrap(), Some(ada.user.clone()));
    assert_eq!(o.people.find_user("bob@example.com".into()).await.unwrap(), None);
    assert_eq!(o.people.methods_of(ada.user.id).await.unwrap(), [ada.method]);
    let members = o.people.list_members().await.unwrap();
    assert_eq!((members.len(), members[0].role, members[0].user), (1, Role::Owner, ada.user.id));
    let more = workspace(&world, "more");
    o.people.found_workspace(more.clone(), ada.user.id, log()).await.unwrap();
    assert_eq!(o.people.list_members().await.unwrap().len(), 2);
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_tokens_work_once_and_for_their_time(world: World) {
    let o = world.open().await;
    let log = || world.log("user.verify");
    let token = |user, n| mailed(&world, Some(user), MailedKind::Verify, n);
    let new = user(&world, "ada");
    let ada = new.user.id;
    let new = NewUser { verify: Some(token(ada, 1)), ..new };
    o.people.register(new, log()).await.unwrap();
    assert_eq!(o.people.find_mailed([1; 32], world.now()).await.unwrap(), Some(token(ada, 1)));
    // A newer one takes the place of the older.
    o.people.keep_mailed(token(ada, 2), log()).await.unwrap();
    assert_eq!(o.people.find_mailed([1; 32], world.now()).await.unwrap(), None);
    assert!(missing(&o.people.verify_email([1; 32], world.now(), log()).await, "token"));
    // One for something else is none.
    o.people.keep_mailed(mailed(&world, Some(ada), MailedKind::Reset, 3), log()).await.unwrap();
    assert!(missing(&o.people.verify_email([3; 32], world.now(), log()).await, "token"));
    let at = world.now();
    o.people.verify_email([2; 32], at, log()).await.unwrap();
    assert!(missing(&o.people.verify_email([2; 32], at, log()).await, "token"));
    assert_eq!(o.people.list_users().await.unwrap()[0].verified_at, Some(at));
    o.people.keep_mailed(token(ada, 4), log()).await.unwrap();
    world.forward(Duration::from_secs(60));
    assert!(missing(&o.people.verify_email([4; 32], world.now(), log()).await, "token"));
    assert_eq!(o.people.find_mailed([4; 32], world.now()).await.unwrap(), None);
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_a_new_password_ends_every_session(world: World) {
    let o = world.open().await;
    let log = || world.log("user.password");
    let ada = registered(&world, &o, "ada").await;
    world.forward(Duration::from_millis(5));
    let bob = registered(&world, &o, "bob").await;
    for (n, of) in [(1, &ada), (2, &ada), (3, &bob)] {
        o.people.open_session(session(&world, of.id, n), None, log()).await.unwrap();
    }
    let sessions = async || o.people.list_sessions(world.now()).await.unwrap();
    let password =
        |n: u8| MethodRow { secret: Secret::new(vec![n]), ..method(&world, ada.id, MethodKind::Password) };
    o.people.set_password(password(7), NewPassword::Rehashed, log()).await.unwrap();
    assert_eq!(sessions().await.len(), 3);
    o.people.set_password(password(8), NewPassword::Changed, log()).await.unwrap();
    let left = sessions().await;
    assert_eq!((left.len(), left[0].user), (1, bob.id));
    let users = o.people.list_users().await.unwrap();
    assert_eq!(users.iter().map(|u| u.epoch).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(o.people.methods_of(ada.id).await.unwrap()[0].secret.expose(), &[8]);
    // By mail: the token is of the user and works once, and two at once do not both.
    o.people.keep_mailed(mailed(&world, Some(bob.id), MailedKind::Reset, 5), log()).await.unwrap();
    let reset = NewPassword::Reset([5; 32]);
    assert!(missing(&o.people.set_password(password(9), reset, log()).await, "token"));
    let theirs = |n: u8| MethodRow { secret: Secret::new(vec![n]), ..method(&world, bob.id, MethodKind::Password) };
    let both = [9, 10].map(|n| {
        let (people, row, entry) = (o.people.clone(), theirs(n), log());
        spawn(async move { people.set_password(row, reset, entry).await })
    });
    let mut worked = 0;
    for one in both {
        let done = one.await.unwrap();
        assert!(done.is_ok() || missing(&done, "token"), "{done:?}");
        worked += usize::from(done.is_ok());
    }
    assert_eq!(worked, 1);
    assert!(sessions().await.is_empty());
    assert!(o.people.list_users().await.unwrap()[1].verified_at.is_some());
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_sessions_are_kept_replaced_and_ended(world: World) {
    let o = world.open().await;
    let log = || world.log("session");
    let (ada, bob) = (registered(&world, &o, "ada").await, registered(&world, &o, "bob").await);
    let first = session(&world, ada.id, 1);
    o.people.open_session(first.clone(), None, log()).await.unwrap();
    assert_eq!(o.people.list_sessions(world.now()).await.unwrap(), std::slice::from_ref(&first));
    let later = world.now().plus(Duration::from_secs(5));
    o.people.touch_session(first.id, later).await.unwrap();
    o.people.touch_session(first.id, world.now()).await.unwrap();
    let found = o.people.find_session(first.id).await.unwrap();
    assert_eq!(found, Some(SessionRow { seen_at: later, ..first.clone() }));
    // Elevated: the new one is there, the old one is gone, and nobody takes another's place.
    let second = SessionRow { aal: 2, ..session(&world, ada.id, 2) };
    let stolen = session(&world, bob.id, 3);
    assert!(missing(&o.people.open_session(stolen, Some(first.id), log()).await, "session"));
    o.people.open_session(second.clone(), Some(first.id), log()).await.unwrap();
    assert!(missing(&o.people.open_session(session(&world, ada.id, 4), Some(first.id), log()).await, "session"));
    assert_eq!(o.people.list_sessions(world.now()).await.unwrap(), std::slice::from_ref(&second));
    assert!(missing(&o.people.end_sessions(bob.id, Some(second.id), log()).await, "session"));
    assert_eq!(o.people.end_sessions(ada.id, Some(second.id), log()).await.unwrap(), 1);
    // Wrong codes end it.
    let third = session(&world, ada.id, 5);
    o.people.open_session(third.clone(), None, log()).await.unwrap();
    for tries in 1..=3 {
        assert_eq!(o.people.wrong_code(third.id, 3).await.unwrap(), tries);
    }
    assert_eq!(o.people.wrong_code(third.id, 3).await.unwrap(), 3);
    assert_eq!(o.people.find_session(third.id).await.unwrap(), None);
    // Time ends it.
    o.people.open_session(session(&world, ada.id, 6), None, log()).await.unwrap();
    world.forward(Duration::from_secs(100));
    assert!(o.people.list_sessions(world.now()).await.unwrap().is_empty());
    o.people.open_session(session(&world, bob.id, 7), None, log()).await.unwrap();
    // Who is shut out is out everywhere, and what they have is void.
    let shut = o.people.set_standing(bob.id, Some(world.now()), false, log()).await.unwrap();
    assert_eq!((shut.disabled_at, shut.epoch), (Some(world.now()), 1));
    assert!(o.people.list_sessions(world.now()).await.unwrap().is_empty());
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_a_step_of_codes_is_used_once(world: World) {
    let o = world.open().await;
    let log = || world.log("totp");
    let ada = registered(&world, &o, "ada").await.id;
    world.forward(Duration::from_millis(5));
    let first = method(&world, ada, MethodKind::Totp);
    let second = method(&world, ada, MethodKind::Totp);
    o.people.enrol_totp(first.clone(), log()).await.unwrap();
    o.people.enrol_totp(second.clone(), log()).await.unwrap();
    assert!(!o.people.take_step(second.id, 5).await.unwrap(), "not confirmed");
    assert!(missing(&o.people.confirm_totp(first.id, 10, vec![[1; 32]], log()).await, "second factor"));
    o.people.confirm_totp(second.id, 10, vec![[1; 32], [2; 32]], log()).await.unwrap();
    assert!(missing(&o.people.confirm_totp(second.id, 11, vec![], log()).await, "second factor"));
    let again = method(&world, ada, MethodKind::Totp);
    assert!(matches!(o.people.enrol_totp(again, log()).await, Err(StoreError::Exists("second factor"))));
    let kept = o.people.methods_of(ada).await.unwrap();
    assert_eq!((kept.len(), kept[1].confirmed_at, kept[1].counter), (2, Some(world.now()), 10));
    for (step, works) in [(9, false), (10, false), (11, true), (11, false), (12, true), (11, false)] {
        assert_eq!(o.people.take_step(second.id, step).await.unwrap(), works, "{step}");
    }
    let mut worked = 0;
    for one in [(); 4].map(|()| {
        let (people, entry) = (o.people.clone(), log());
        spawn(async move { people.take_recovery(ada, [1; 32], entry).await })
    }) {
        worked += usize::from(one.await.unwrap().unwrap());
    }
    assert_eq!(worked, 1);
    assert!(!o.people.take_recovery(ada, [9; 32], log()).await.unwrap());
    o.people.drop_totp(ada, log()).await.unwrap();
    assert!(missing(&o.people.drop_totp(ada, log()).await, "second factor"));
    assert!(!o.people.take_recovery(ada, [2; 32], log()).await.unwrap());
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_the_last_owner_stays(world: World) {
    let o = world.open().await;
    let log = || world.log("member");
    let (ada, bob) = (registered(&world, &o, "ada").await.id, registered(&world, &o, "bob").await.id);
    let (acme, bolt) = (workspace(&world, "acme"), workspace(&world, "bolt"));
    o.people.found_workspace(acme.clone(), ada, log()).await.unwrap();
    o.people.found_workspace(bolt.clone(), bob, log()).await.unwrap();
    let last = |result: &Result<Revoked, StoreError>| matches!(result, Err(StoreError::LastOne("owner")));
    assert!(last(&o.people.set_role(acme.id, ada, Role::Admin, log()).await));
    assert!(last(&o.people.remove_member(acme.id, ada, log()).await));
    assert!(missing(&o.people.remove_member(acme.id, bob, log()).await, "member"));
    assert!(missing(&o.people.set_role(acme.id, bob, Role::Owner, log()).await, "member"));
    invited(&world, &o, &acme, ("bob", Role::Owner), 1).await;
    o.people.accept([1; 32], bob, log()).await.unwrap();
    // Two owners who take each other down at once: one of them stays.
    let both = [ada, bob].map(|user| {
        let (people, entry) = (o.people.clone(), log());
        spawn(async move { people.set_role(acme.id, user, Role::Viewer, entry).await })
    });
    let mut done = 0;
    for one in both {
        let result = one.await.unwrap();
        assert!(result.is_ok() || last(&result), "{result:?}");
        done += usize::from(result.is_ok());
    }
    assert_eq!(done, 1);
    let roles = o.people.list_members().await.unwrap();
    let owners = roles.iter().filter(|m| m.workspace == acme.id && m.role == Role::Owner).count();
    assert_eq!((roles.len(), owners), (3, 1));
    o.ledger.close().await.unwrap();
}

pub async fn invited(
    world: &World,
    o: &Opened,
    into: &WorkspaceRow,
    (name, role): (&str, Role),
    n: u8,
) -> InvitationRow {
    let row = InvitationRow {
        id: InvitationId::new(world.now(), world.random()),
        workspace: into.id,
        email: format!("{name}@EXAMPLE.com"),
        folded: format!("{name}@example.com"),
        role,
        digest: [n; 32],
        made_at: world.now(),
        ends_at: world.now().plus(Duration::from_secs(60)),
        made_by: "ada@example.com".to_owned(),
        accepted_at: None,
        withdrawn_at: None,
    };
    o.people.invite(row.clone(), world.log("invitation.create")).await.unwrap();
    row
}

async fn r_acc_1_invitations_are_for_their_address(world: World) {
    let o = world.open().await;
    let log = || world.log("invitation");
    let (ada, bob) = (registered(&world, &o, "ada").await.id, registered(&world, &o, "bob").await.id);
    let (acme, bolt) = (workspace(&world, "acme"), workspace(&world, "bolt"));
    o.people.found_workspace(acme.clone(), ada, log()).await.unwrap();
    o.people.found_workspace(bolt.clone(), bob, log()).await.unwrap();
    let first = invited(&world, &o, &acme, ("bob", Role::Viewer), 1).await;
    world.forward(Duration::from_millis(5));
    let second = invited(&world, &o, &acme, ("bob", Role::Developer), 2).await;
    let find = async |n: u8| o.people.find_invitation([n; 32], world.now()).await.unwrap();
    assert_eq!((find(1).await, find(2).await), (None, Some(second.clone())));
    let listed = o.people.list_invitations(acme.id).await.unwrap();
    assert_eq!(listed.iter().map(|i| i.id).collect::<Vec<_>>(), [second.id, first.id]);
    assert!(o.people.list_invitations(bolt.id).await.unwrap().is_empty());
    // Neither another workspace's people nor another address can do anything with it.
    assert!(missing(&o.people.withdraw(bolt.id, second.id, world.now(), log()).await, "invitation"));
    assert!(missing(&o.people.accept([2; 32], ada, log()).await, "invitation"));
    o.people.accept([2; 32], bob, log()).await.unwrap();
    assert!(missing(&o.people.accept([2; 32], bob, log()).await, "invitation"));
    let again = InvitationRow { digest: [3; 32], ..first.clone() };
    assert!(matches!(o.people.invite(again, log()).await, Err(StoreError::Exists("member"))));
    // By signing up, withdrawn, and too late.
    invited(&world, &o, &acme, ("eve", Role::Billing), 4).await;
    let eve = NewUser { invitation: Some([4; 32]), ..user(&world, "eve") };
    let other = NewUser { invitation: Some([4; 32]), ..user(&world, "mallory") };
    assert!(missing(&o.people.register(other, log()).await, "invitation"));
    o.people.register(eve.clone(), log()).await.unwrap();
    let third = invited(&world, &o, &acme, ("joe", Role::Admin), 5).await;
    o.people.withdraw(acme.id, third.id, world.now(), log()).await.unwrap();
    assert!(missing(&o.people.withdraw(acme.id, third.id, world.now(), log()).await, "invitation"));
    let joe = registered(&world, &o, "joe").await.id;
    assert!(missing(&o.people.accept([5; 32], joe, log()).await, "invitation"));
    invited(&world, &o, &acme, ("joe", Role::Admin), 6).await;
    world.forward(Duration::from_secs(60));
    let late = AuditEntry { at: world.now(), ..log() };
    assert!(missing(&o.people.accept([6; 32], joe, late).await, "invitation"));
    let role = |user: UserId, members: &[store::port::MemberRow]| {
        members.iter().find(|m| m.workspace == acme.id && m.user == user).map(|m| m.role)
    };
    let members = o.people.list_members().await.unwrap();
    let roles = (role(bob, &members), role(eve.user.id, &members), role(joe, &members));
    assert_eq!(roles, (Some(Role::Developer), Some(Role::Billing), None));
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_there_is_one_first_operator(world: World) {
    let o = world.open().await;
    let log = || world.log("setup");
    for n in [1, 2] {
        o.people.keep_mailed(mailed(&world, None, MailedKind::Setup, n), log()).await.unwrap();
    }
    let operator = |name: &str, n: u8| {
        let new = user(&world, name);
        let user = UserRow { operator: true, ..new.user.clone() };
        NewUser { user, setup: Some([n; 32]), ..new }
    };
    let (first, second) = (operator("ada", 1), operator("bob", 2));
    let both = [first, second].map(|new| {
        let (people, entry) = (o.people.clone(), log());
        spawn(async move { people.register(new, entry).await })
    });
    let mut made = 0;
    for one in both {
        let result = one.await.unwrap();
        assert!(result.is_ok() || missing(&result, "token"), "{result:?}");
        made += usize::from(result.is_ok());
    }
    assert_eq!(made, 1);
    let users = o.people.list_users().await.unwrap();
    assert_eq!((users.len(), users[0].operator), (1, true));
    let alone = |result: &Result<UserRow, StoreError>| matches!(result, Err(StoreError::LastOne("operator")));
    assert!(alone(&o.people.set_standing(users[0].id, None, false, log()).await));
    assert!(alone(&o.people.set_standing(users[0].id, Some(world.now()), true, log()).await));
    let eve = registered(&world, &o, "eve").await;
    assert!(o.people.set_standing(eve.id, None, true, log()).await.unwrap().operator);
    assert!(!o.people.set_standing(users[0].id, None, false, log()).await.unwrap().operator);
    assert!(missing(&o.people.set_standing(UserId::from_bytes([0; 16]), None, true, log()).await, "user"));
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_the_log_is_a_chain(world: World) {
    let o = world.open().await;
    let entry = |n: usize| AuditEntry {
        workspace: n.is_multiple_of(2).then(|| WorkspaceId::from_bytes([7; 16])),
        address: format!("192.0.2.{n}"),
        before: n.is_multiple_of(3).then(|| "{\"role\":\"viewer\"}".to_owned()),
        after: Some(format!("{{\"n\":{n}}}")),
        ..world.log("workspace.create")
    };
    assert!(o.people.check_log().await.unwrap().whole);
    // Many at once: each follows from one before it.
    let writers: Vec<_> = (0..24)
        .map(|n| {
            let (store, row, entry) = (o.store.clone(), workspace(&world, &format!("w{n}")), entry(n));
            spawn(async move { store.create_workspace(row, entry).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let check = o.people.check_log().await.unwrap();
    assert_eq!((check.entries, check.broken_at, check.whole), (24, None, true));
    let page = o.store.page_log(newest(100)).await.unwrap().entries;
    let mut expected: Vec<String> = (0..24).map(|n| format!("{:?}", entry(n))).collect();
    let mut found: Vec<String> = page.iter().map(|e| format!("{e:?}")).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    o.ledger.close().await.unwrap();
    drop(o);
    let o = world.open().await;
    let again = o.people.check_log().await.unwrap();
    assert_eq!(again, check);
    o.store.create_workspace(workspace(&world, "last"), entry(1)).await.unwrap();
    let more = o.people.check_log().await.unwrap();
    assert!(more.whole && more.entries == 25 && more.head != check.head);
    o.ledger.close().await.unwrap();
}
