//! Letters in a folder, and to a mail server that says what it heard. Never here: what routes write.

use super::*;
use crate::settings::LogFormat;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use units::{Secret, Timestamp};

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_795_167_000_000)
    }
}

impl Chance for Standing {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn post(home: MailHome) -> Result<Post, MailError> {
    let settings = MailSettings { from: "Tollgate <gate@example.com>".to_owned(), home };
    let log = Log::new(LogFormat::Off, Arc::new(Standing));
    Post::start(&settings, &log, Arc::new(Standing), Arc::new(Standing))
}

fn letter(to: &str) -> Letter {
    Letters { base: "https://api.example.com" }.verify(to, &Secret::new("t".repeat(43)))
}

/// R-ACC-1: a letter is one file that only its owner reads, whole when it has its name.
#[cfg(unix)]
#[test]
fn r_acc_1_letters_lie_in_a_folder() {
    use std::os::unix::fs::PermissionsExt;
    let dir = std::env::temp_dir().join(format!("tollgate-mail-{}", std::process::id()));
    let post = post(MailHome::Folder(dir.clone())).unwrap();
    post.send(letter("ada@example.com"));
    let file = loop {
        let found = std::fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path());
        if let Some(path) = found.into_iter().find(|path| path.extension().is_some_and(|e| e == "eml")) {
            break path;
        }
        std::thread::yield_now();
    };
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("To: ada@example.com\r\n") && text.contains("gate@example.com"), "{text}");
    assert!(text.lines().any(|line| line == "t".repeat(43)), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::remove_dir_all(dir).unwrap();
}

/// R-ACC-1: a mail server hears the letter, and an address cannot say anything else to it.
#[test]
fn r_acc_1_letters_go_to_a_mail_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let post = post(MailHome::Server(Secret::new(url))).unwrap();
    post.send(letter("ada@example.com"));
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"220 here\r\n").unwrap();
    let mut heard = String::new();
    let mut data = false;
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let line = line.unwrap();
        heard.push_str(&format!("{line}\n"));
        let answer = match line.as_str() {
            "." => "250 taken",
            _ if data => continue,
            "DATA" => "354 go on",
            "QUIT" => break,
            _ => "250 well",
        };
        data = line == "DATA" || (data && line != ".");
        stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
        if line == "." {
            break;
        }
    }
    assert!(heard.contains("RCPT TO:<ada@example.com>"), "{heard}");
    assert!(heard.contains(&"t".repeat(43)), "{heard}");
    for bad in ["", "ada", "a@b@c", "a@example.com\r\nRCPT TO:<eve@example.com>", "a b@example.com", "@x", "a@"] {
        assert!(!is_address(bad), "{bad:?}");
    }
    assert!(is_address("ada.b+c@mail.example.com"));
}

#[test]
fn wrong_settings_are_told() {
    assert!(matches!(post(MailHome::Server(Secret::new("http://x".into()))), Err(MailError::Server)));
    let settings = MailSettings { from: "nobody".to_owned(), home: MailHome::Folder("x".into()) };
    let log = Log::new(LogFormat::Off, Arc::new(Standing));
    let started = Post::start(&settings, &log, Arc::new(Standing), Arc::new(Standing));
    assert!(matches!(started, Err(MailError::From(_))));
}
