//! A mail server that keeps what it is sent. Used by installations; must never pass anything on.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::until;

/// It listens on loopback for as long as the test runs.
pub(crate) struct MailServer {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || talk(&stream, &kept));
            }
        });
        Self { address, mails }
    }

    /// What `FREEHOLD_SMTP_URL` is to say.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The secret in the link of the next invitation to `address`. Each mail is taken once.
    pub(crate) async fn invitation_for(&self, address: &str) -> String {
        let token = until(Duration::from_secs(20), async || {
            let mut mails = self.mails.lock().unwrap();
            let place = mails.iter().position(|mail| mail.contains(&format!("To: {address}")))?;
            // Soft line breaks of quoted-printable may cut the link.
            let text = mails.remove(place).replace("=\r\n", "");
            let (_, rest) = text.split_once("/invitations/")?;
            Some(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect())
        });
        token.await.expect("the invitation arrives by mail")
    }
}

fn talk(stream: &TcpStream, mails: &Mutex<Vec<String>>) {
    let answer = |line: &str| write!(&mut &*stream, "{line}\r\n").is_ok();
    let mut lines = BufReader::new(stream);
    answer("220 mail");
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
        match line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "DATA" => {
                answer("354 go on");
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n")
                    && lines.read_line(&mut mail).is_ok_and(|length| length > 0)
                {}
                mails.lock().unwrap().push(mail);
                answer("250 kept");
            }
            "QUIT" => return,
            _ => _ = answer("250 fine"),
        }
        line.clear();
    }
}
