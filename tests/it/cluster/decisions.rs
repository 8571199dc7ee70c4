//! A policy that is loaded again and again, and cannot be loaded half the time, while it is being asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use freehold::app;
use freehold::authz::{Authz, PermissionId};
use freehold::config::{Mode, Settings};
use freehold::db::{Change, ChangeKind};
use freehold::ids::{TenantId, UserId};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, query};

use crate::harness::until;

use super::client::Pair;
use super::installation::Installation;

const RELOADS: u64 = 100;
const CHECKS: u64 = 1_000_000;
const ASKERS: usize = 4;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

/// What is true now: an even number while it stands, odd while it is being changed; bit 1 is the answer.
#[derive(Default)]
struct Truth {
    state: AtomicU64,
    asked: AtomicU64,
    answered: AtomicU64,
    over: AtomicBool,
}

impl Truth {
    fn is_allowed(state: u64) -> bool {
        state & 2 != 0
    }
}

/// Asks until it is over; an answer must be what was true all the while.
async fn ask(
    authz: Arc<Authz>,
    truth: Arc<Truth>,
    (tenant, user): (TenantId, UserId),
    permission: PermissionId,
) {
    while !truth.over.load(Ordering::Acquire) {
        for _ in 0..64 {
            let before = truth.state.load(Ordering::SeqCst);
            let answer =
                match authz.cached_decision(tenant, user, permission) {
                    Some(answer) => Some(answer),
                    None => authz.standing(tenant, user).await.ok().map(|standing| {
                        standing.is_some_and(|standing| standing.effective.contains(permission))
                    }),
                };
            let after = truth.state.load(Ordering::SeqCst);
            if before != after || before & 1 == 1 {
                continue;
            }
            truth.asked.fetch_add(1, Ordering::Relaxed);
            if let Some(answer) = answer {
                truth.answered.fetch_add(1, Ordering::Relaxed);
                assert_eq!(answer, Truth::is_allowed(before), "a wrong answer");
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Gives or takes the role behind the program's back, as another node would; gives the new version.
async fn db_set_role(on: &mut SqliteConnection, (tenant, user): (TenantId, UserId), held: bool) -> i64 {
    let (tenant, user) = (tenant.uuid(), user.uuid());
    let mut tx = on.begin_with("begin immediate").await.unwrap();
    let text = if held {
        "insert into role_assignments (tenant_id, user_id, role_id, assigned_at) \
         select $1, $2, id, 0 from roles where tenant_id = $1 and key = 'admin' on conflict do nothing"
    } else {
        "delete from role_assignments where tenant_id = $1 and user_id = $2 and role_id in \
         (select id from roles where tenant_id = $1 and key = 'admin')"
    };
    query(text).bind(tenant).bind(user).execute(&mut *tx).await.unwrap();
    let text =
        "update tenants set policy_version = policy_version + 1 where id = $1 returning policy_version";
    let version = sqlx::query_scalar(text).bind(tenant).fetch_one(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    version
}

async fn db_run(on: &mut SqliteConnection, text: &'static str) {
    query(text).execute(on).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_answer_is_wrong_while_the_policy_is_loaded_and_cannot_be() {
    let installation = Installation::over_sqlite().await;
    assert!(installation.program(&["migrate"]).run().status.success());
    let mut node = installation.node().await;
    let pair = Pair::meet(&installation, &node, &["viewer"]).await;
    node.program.kill();

    let secret = freehold::ids::secret_text();
    let arguments = ["freehold", "--database-url", &installation.database_url, "--secret", &secret];
    let config = Arguments::parse_from(arguments).settings.check(Mode::Database).unwrap();
    let built = app::build(config, installation.database(), None).await.unwrap();
    let authz = &built.state.authz;
    authz.freshness().confirmed().await;
    let mut on = SqliteConnection::connect(&installation.database_url).await.unwrap();
    db_run(&mut on, "pragma busy_timeout = 5000").await;

    let who = (pair.tenant.parse::<TenantId>().unwrap(), pair.vic_id);
    let permission = authz.catalogue().get("members:update").unwrap();
    let truth = Arc::new(Truth::default());
    let asking: Vec<_> = (0..ASKERS)
        .map(|_| tokio::spawn(ask(Arc::clone(&built.state.authz), Arc::clone(&truth), who, permission)))
        .collect();
    let change = async {
        for reload in 0..RELOADS {
            let fails = reload % 2 == 1;
            let held = reload % 3 == 0;
            truth.state.fetch_or(1, Ordering::SeqCst);
            let version = db_set_role(&mut on, who, held).await;
            if fails {
                db_run(&mut on, "alter table roles rename to roles_away").await;
            }
            authz.apply(&[Change { kind: ChangeKind::Tenant, subject: who.0.uuid(), version }]);
            truth.state.store(((reload + 1) << 2) | (u64::from(held) << 1), Ordering::SeqCst);
            let goal = (reload * 2 + 1) * CHECKS / RELOADS / 2;
            let enough = async || (truth.asked.load(Ordering::Relaxed) >= goal).then_some(());
            until(Duration::from_mins(1), enough).await.expect("questions");
            if fails {
                db_run(&mut on, "alter table roles_away rename to roles").await;
            }
            let goal = (reload + 1) * CHECKS / RELOADS;
            let enough = async || (truth.asked.load(Ordering::Relaxed) >= goal).then_some(());
            until(Duration::from_mins(1), enough).await.expect("questions");
        }
        truth.over.store(true, Ordering::Release);
    };
    change.await;
    for asker in asking {
        asker.await.expect("no answer is wrong");
    }
    let (asked, answered) = (truth.asked.load(Ordering::SeqCst), truth.answered.load(Ordering::SeqCst));
    println!("{asked} questions over {RELOADS} reloads: {answered} answers, none wrong");
    assert!(answered > asked / 2, "most questions are answered: {answered} of {asked}");
}
