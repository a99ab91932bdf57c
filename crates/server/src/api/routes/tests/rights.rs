//! Rights that nobody raises, whatever they try. Never here: who reaches which route.

use super::*;

/// T5: whatever members who are no owners try, in whatever order, nobody becomes an owner, the owner stays one, and who
/// may not change roles changes none.
#[tokio::test]
async fn r_acc_1_no_sequence_of_requests_raises_rights() {
    let town = Town::open("rights").await;
    let house = town.worker.house.clone();
    let names = ["viewer", "developer", "billing", "admin"];
    let mut sessions = Vec::new();
    for name in names {
        town.seat(name).await;
        sessions.push(town.session(name).await);
    }
    let everybody: Vec<UserId> =
        [&names[..], &["owner", "stranger"]].concat().iter().map(|n| town.user(n)).collect();
    let roles = || everybody.iter().map(|user| house.people.role(town.acme.id, *user)).collect::<Vec<_>>();
    let mut dice = [0; 4];
    let mut changed = 0;
    for _ in 0..300 {
        house.chance.fill(&mut dice);
        let [actor, target, role, verb] = dice.map(usize::from);
        let (cookie, csrf) = &sessions[actor % names.len()];
        let user = everybody[target % everybody.len()];
        let role = Role::ALL[role % Role::ALL.len()].name();
        let members = "/api/manage/workspaces/acme/members";
        let (method, path, body) = match verb % 8 {
            0 => (Method::POST, "/api/manage/workspaces/acme/invitations".to_owned(), true),
            1 => (Method::DELETE, format!("{members}/{user}"), false),
            _ => (Method::PATCH, format!("{members}/{user}"), false),
        };
        let email = if body { "\"email\":\"stranger@example.com\"," } else { "" };
        let body = format!("{{{email}\"role\":\"{role}\"}}");
        let before = roles();
        let strength = before[actor % names.len()];
        let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
        let status = town.send_text(&method, &path, &headers, body).await.status();
        let after = roles();
        assert_eq!(
            after.iter().position(|role| *role == Some(Role::Owner)),
            Some(names.len()),
            "{before:?} {after:?}"
        );
        assert_eq!(after.iter().filter(|role| **role == Some(Role::Owner)).count(), 1);
        if strength != Some(Role::Admin) {
            assert_eq!((before, status.is_success()), (after, false));
        } else if before != after {
            changed += 1;
        }
        // An admin who took themselves down or out comes back, so that there is something to try.
        town.seat("admin").await;
        if roles()[3] != Some(Role::Admin) {
            let people = &house.store_people;
            people.set_role(town.acme.id, everybody[3], Role::Admin, AuditEntry::default()).await.unwrap();
            house.reload(Change::People).await.unwrap();
        }
    }
    assert!(changed > 10, "{changed}");
}

/// R-KEY-1: the table lets those roles make keys whose members may have some, and no others.
#[test]
fn r_key_1_who_makes_keys_may_have_them() {
    let row = ROWS.iter().find(|row| row.name == "workspace_keys.create").unwrap();
    let May::Member(roles) = row.may else { panic!("{}", row.name) };
    assert!(Role::ALL.iter().all(|role| roles.contains(role) == role.has_keys()));
}
