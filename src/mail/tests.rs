//! The outbox as a whole: what is committed is sent once, whoever sends it and however often that fails.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::clock::{Clock, Timestamp};
use crate::db::{Actor, AuditEvent, Chain, Database, Sealer, Target, sql};

/// A database of its own, at a time that stands still. The URL decides which kind.
struct World {
    url: String,
    database: Database,
    clock: Clock,
    _folder: tempfile::TempDir,
}

const SECRET: [u8; 32] = [7; 32];

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("mail.db").display());
        let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
        let database = Database::open(&url, 4, true, clock.clone()).unwrap();
        database.migrate().await.unwrap();
        Self { url, database, clock, _folder: folder }
    }

    async fn enqueue(&self, outbox: &Outbox, subject: &str) {
        let mut tx = self.database.write(Chain::Platform).await.unwrap();
        let expires_at = tx.at() + Duration::from_hours(24);
        outbox.enqueue(&mut tx, &mail(subject), expires_at).await.unwrap();
        tx.commit(event()).await.unwrap();
    }

    async fn waiting(&self) -> Vec<(i64, Vec<u8>)> {
        let mut on = self.database.read().await.unwrap();
        sql!(&mut on, fetch_all, sqlx::query_as("select attempts, sealed from outbox order by id")).unwrap()
    }
}

fn outbox() -> Outbox {
    Outbox::new(Sealer::new(&SECRET))
}

fn event() -> AuditEvent {
    AuditEvent::done(Actor::system("test"), "mail.enqueued", Target::new("mail", "1", "mail"))
}

fn mail(subject: &str) -> Mail {
    Mail {
        to: "grace@example.com".parse().unwrap(),
        subject: subject.to_owned(),
        text: "https://id.example.com/invitations/s3cret".to_owned(),
        html: "<p>s3cret</p>".to_owned(),
    }
}

/// A mail server that gives `answer` to each mail, and what it was sent.
async fn mail_server(answer: &'static str) -> (Transport, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(converse(socket, answer, tell.clone()));
        }
    });
    (Transport::smtp(&format!("smtp://{address}"), "Freehold <no-reply@example.com>").unwrap(), told)
}

async fn converse(socket: TcpStream, answer: &str, tell: mpsc::UnboundedSender<String>) -> Option<()> {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let mut reply = "250 ok";
        if line == "DATA" {
            write.write_all(b"354 go on\r\n").await.ok()?;
            let mut text = String::new();
            loop {
                let line = lines.next_line().await.ok()??;
                if line == "." {
                    break;
                }
                text += &line;
                text.push('\n');
            }
            tell.send(text).ok()?;
            reply = answer;
        }
        write.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

#[tokio::test]
async fn what_is_committed_is_sent_once_and_what_is_not_is_not() {
    let world = World::new().await;
    let (outbox, mails) = (outbox(), MailBox::new());
    let transport = Transport::Box(mails.clone());
    world.enqueue(&outbox, "kept").await;
    let mut dropped = world.database.write(Chain::Platform).await.unwrap();
    let expires_at = dropped.at() + Duration::from_hours(1);
    outbox.enqueue(&mut dropped, &mail("dropped"), expires_at).await.unwrap();
    drop(dropped);
    assert_eq!(deliver_due(&outbox, &world.database, &transport).await, 1);
    assert_eq!(deliver_due(&outbox, &world.database, &transport).await, 0);
    assert_eq!(mails.list(), [mail("kept")]);
    assert!(world.waiting().await.is_empty());
}

#[tokio::test]
async fn the_outbox_survives_a_restart() {
    let world = World::new().await;
    world.enqueue(&outbox(), "before").await;
    world.database.close().await;
    let database = Database::open(&world.url, 4, false, world.clock.clone()).unwrap();
    let mails = MailBox::new();
    assert_eq!(deliver_due(&outbox(), &database, &Transport::Box(mails.clone())).await, 1);
    assert_eq!(mails.list(), [mail("before")]);
}

#[tokio::test]
async fn two_deliverers_send_each_mail_once() {
    let world = World::new().await;
    let (one, other, mails) = (outbox(), outbox(), MailBox::new());
    for number in 0..20 {
        world.enqueue(&one, &number.to_string()).await;
    }
    let second = Database::open(&world.url, 4, false, world.clock.clone()).unwrap();
    let transport = Transport::Box(mails.clone());
    let (first_sent, second_sent) = tokio::join!(
        deliver_due(&one, &world.database, &transport),
        deliver_due(&other, &second, &transport)
    );
    assert_eq!(first_sent + second_sent, 20);
    let mut subjects: Vec<usize> = mails.list().iter().map(|mail| mail.subject.parse().unwrap()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_claimed_mail_comes_back_when_its_node_died() {
    let world = World::new().await;
    world.enqueue(&outbox(), "leased").await;
    let now = world.clock.now();
    let claimed = store::claim(&mut world.database.upkeep().await.unwrap(), now).await.unwrap();
    assert!(claimed.is_some());
    let mails = MailBox::new();
    let transport = Transport::Box(mails.clone());
    assert_eq!(deliver_due(&outbox(), &world.database, &transport).await, 0);
    world.clock.advance(store::LEASE);
    assert_eq!(deliver_due(&outbox(), &world.database, &transport).await, 1);
}

#[tokio::test]
async fn mail_goes_out_over_smtp() {
    let world = World::new().await;
    let outbox = outbox();
    let (transport, mut told) = mail_server("250 taken").await;
    world.enqueue(&outbox, "Grüße").await;
    world.enqueue(&outbox, "Second").await;
    assert_eq!(deliver_due(&outbox, &world.database, &transport).await, 2);
    let sent = [told.recv().await.unwrap(), told.recv().await.unwrap()].concat();
    for part in
        ["To: grace@example.com", "From: Freehold <no-reply@example.com>", "Subject: Second", "s3cret"]
    {
        assert!(sent.contains(part), "{part} in\n{sent}");
    }
    assert!(world.waiting().await.is_empty());
}

#[tokio::test]
async fn a_refused_mail_is_kept_and_tried_later_until_it_expires() {
    let world = World::new().await;
    let outbox = outbox();
    let (transport, mut told) = mail_server("451 not now").await;
    world.enqueue(&outbox, "later").await;
    for attempts in 1..=3 {
        assert_eq!(deliver_due(&outbox, &world.database, &transport).await, 0);
        told.try_recv().unwrap();
        let waiting = world.waiting().await;
        assert_eq!((waiting.len(), waiting[0].0), (1, attempts));
        // Not before its time.
        assert_eq!(deliver_due(&outbox, &world.database, &transport).await, 0);
        assert!(told.try_recv().is_err());
        // Sooner than the lease ends, and later with each failure.
        world.clock.advance(Duration::from_secs(5 << (attempts - 1)));
    }
    world.clock.advance(Duration::from_hours(24));
    deliver_due(&outbox, &world.database, &transport).await;
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn an_enqueued_mail_wakes_the_task() {
    let world = World::new().await;
    let outbox = outbox();
    let (transport, mut told) = mail_server("250 taken").await;
    let task = tokio::spawn(deliver(outbox.clone(), world.database.clone(), transport));
    world.enqueue(&outbox, "one").await;
    outbox.wake();
    told.recv().await.unwrap();
    task.abort();
}

#[tokio::test]
async fn the_database_does_not_hold_the_secret_in_clear() {
    let world = World::new().await;
    world.enqueue(&outbox(), "sealed").await;
    let (_, sealed) = world.waiting().await.remove(0);
    assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
    let stranger = Outbox::new(Sealer::new(&[8; 32]));
    let mails = MailBox::new();
    deliver_due(&stranger, &world.database, &Transport::Box(mails.clone())).await;
    assert!(mails.list().is_empty());
    assert_eq!(world.waiting().await.len(), 1);
}
