//! Letters to people: a folder of files, or a mail server. In: letters. Out: letters on their way, by a thread of their own,
//! so that how long an answer takes says nothing about whether a letter was written. Never here: what letters say.

mod letters;

pub use letters::{Letter, Letters};

use crate::limits::{MAIL_RETRY, MAIL_TIME_MAX, MAIL_TRIES, MAILS_WAITING_MAX};
use crate::log::Log;
use crate::settings::{MailHome, MailSettings};
use lettre::message::{Mailbox, Message};
use lettre::{SmtpTransport, Transport};
use parking_lot::Mutex;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::oneshot;
use units::{Chance, Clock};

/// Why letters cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The address that letters come from is none.
    #[error("`mail.from` is no address: {0}")]
    From(String),
    /// The address of the mail server is none; it may hold a password, so it is not repeated.
    #[error("`mail.smtp_url` is no address of a mail server")]
    Server,
    /// The folder or the thread cannot be made.
    #[error("mail cannot be sent: {0}")]
    Io(#[from] io::Error),
}

/// Whether an address can be written to.
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

/// Whether a text names who letters come from.
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

/// Whether a text is the address of a mail server.
pub fn is_server(text: &str) -> bool {
    SmtpTransport::from_url(text).is_ok()
}

/// The way to the thread that sends letters. It ends with it.
pub struct Post {
    door: Mutex<mpsc::SyncSender<Errand>>,
    log: Log,
}

impl Post {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the settings are no addresses, or the folder cannot be made.
    pub fn start(
        settings: &MailSettings,
        log: &Log,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Self, MailError> {
        let from: Mailbox = settings.from.parse().map_err(|_| MailError::From(settings.from.clone()))?;
        let home = Home::open(&settings.home)?;
        let (door, letters) = mpsc::sync_channel(MAILS_WAITING_MAX);
        let mut office = Office { from, home, log: log.clone(), clock, chance };
        #[expect(clippy::disallowed_methods, reason = "the home of the thread that sends letters")]
        std::thread::Builder::new()
            .name("mail".to_owned())
            .spawn(move || letters.iter().for_each(|errand| office.run(errand)))?;
        Ok(Self { door: Mutex::new(door), log: log.clone() })
    }

    /// Whether the mail server answers; an error where the thread is gone or has too much to do.
    ///
    /// # Errors
    /// When nobody says so.
    pub async fn test(&self) -> Result<bool, oneshot::error::RecvError> {
        let (told, answer) = oneshot::channel();
        // Where it does not fit, nobody answers.
        let _ = self.door.lock().try_send(Errand::Test(told));
        answer.await
    }

    /// Gives a letter away. One that does not go is told in the log, never to who caused it.
    pub fn send(&self, letter: Letter) {
        if self.door.lock().try_send(Errand::Send(letter)).is_err() {
            self.log.error("mail.dropped", &[("error", "too many letters wait to be sent")]);
        }
    }
}

/// What the thread is asked for.
enum Errand {
    /// A letter is to go out.
    Send(Letter),
    /// Somebody wants to know whether letters can go out.
    Test(oneshot::Sender<bool>),
}

/// Where letters go.
enum Home {
    Folder(std::path::PathBuf),
    Server(Box<SmtpTransport>),
}

impl Home {
    fn open(home: &MailHome) -> Result<Self, MailError> {
        match home {
            // Made when there is a letter, so that a folder of data holds nothing that nobody asked for.
            MailHome::Folder(dir) => Ok(Self::Folder(dir.clone())),
            MailHome::Server(url) => {
                let server = SmtpTransport::from_url(url.expose()).map_err(|_| MailError::Server)?;
                Ok(Self::Server(Box::new(server.timeout(Some(MAIL_TIME_MAX)).build())))
            }
        }
    }
}

/// What the thread has.
struct Office {
    from: Mailbox,
    home: Home,
    log: Log,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Office {
    fn run(&mut self, errand: Errand) {
        match errand {
            Errand::Send(letter) => self.send(&letter),
            Errand::Test(told) => {
                let works = match &self.home {
                    Home::Folder(_) => true,
                    Home::Server(server) => server.test_connection().unwrap_or(false),
                };
                // Who asked may have lost patience.
                let _ = told.send(works);
            }
        }
    }

    fn send(&mut self, letter: &Letter) {
        let mut wait = MAIL_RETRY;
        for left in (0..MAIL_TRIES).rev() {
            match self.once(letter) {
                Ok(()) => return self.log.info("mail.sent", &[("kind", letter.kind)]),
                Err(error) if left == 0 => {
                    return self.log.error("mail.failed", &[("kind", letter.kind), ("error", &error)]);
                }
                Err(_) => {
                    std::thread::sleep(wait);
                    wait *= 2;
                }
            }
        }
    }

    fn once(&self, letter: &Letter) -> Result<(), String> {
        let now = self.clock.now();
        let mut random = [0; 10];
        self.chance.fill(&mut random);
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let to = letter.to.parse().map(|address| Mailbox::new(None, address)).map_err(told)?;
        let sent_at = UNIX_EPOCH + Duration::from_millis(now.ms().unsigned_abs());
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .date(sent_at)
            .message_id(Some(format!("<{name}@{}>", self.from.email.domain())))
            .subject(letter.subject.clone())
            .body(letter.text.clone())
            .map_err(told)?;
        match &self.home {
            Home::Folder(dir) => keep(dir, &format!("{}-{name}.eml", now.ms()), &message.formatted()).map_err(told),
            Home::Server(server) => server.send(&message).map(drop).map_err(told),
        }
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Writes a letter into the folder, for its owner's eyes alone; under its name only once it is whole.
fn keep(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    folder.create(dir)?;
    let half = dir.join(format!("{name}.part"));
    io::Write::write_all(&mut file.open(&half)?, bytes)?;
    std::fs::rename(half, dir.join(name))
}

#[cfg(test)]
mod tests;
