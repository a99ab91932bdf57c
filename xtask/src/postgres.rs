//! A PostgreSQL that lives as long as the tests. In: nothing. Out: its address.
//! Never here: what is stored in it. It forgets everything, and does not care about power cuts.

use crate::shell::{answers, is_root, output, program, succeeds};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The account that runs the server when this is root, which PostgreSQL refuses.
const ACCOUNT: &str = "postgres";

/// The server's key, beside its certificate.
const KEY_FILE: &str = "server.key";

/// A running server; it ends, and its files go, when this is dropped.
pub(crate) struct Postgres {
    child: Child,
    folder: PathBuf,
    /// `postgres://...`
    pub(crate) url: String,
    /// The file with the certificate that it shows to who asks for a sealed connection.
    pub(crate) certificate: PathBuf,
}

/// The folder with `initdb` and `postgres`, the newest one there is.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let mut found: Vec<(u32, PathBuf)> = versions
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_string_lossy().parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Some(bin);
    }
    let path = output(&mut program("sh", &["-c", "command -v initdb"]))?;
    Path::new(path.trim()).parent().map(Path::to_path_buf)
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|why| why.to_string())?;
    Ok(listener.local_addr().map_err(|why| why.to_string())?.port())
}

impl Postgres {
    /// Makes a database in a new folder and starts it.
    pub(crate) fn start() -> Result<Self, String> {
        let bin = programs().ok_or("PostgreSQL is not installed")?;
        let folder = std::env::temp_dir().join(format!("tollgate-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
        if is_root() {
            succeeds(program("chown", &[ACCOUNT]).arg(&folder))?;
        }
        let data = folder.join("data");
        let mut init = as_account(&bin.join("initdb"));
        init.args(["--auth=trust", "--username=tollgate", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        init.arg("--pgdata").arg(&data).stdout(Stdio::null());
        if !succeeds(&mut init)? {
            return Err("initdb failed".to_owned());
        }
        let certificate = certify(&folder)?;
        let port = free_port()?;
        let mut server = as_account(&bin.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(&folder);
        server.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        for setting in
            ["fsync=off", "full_page_writes=off", "max_connections=300", "log_min_messages=fatal", "ssl=on"]
        {
            server.args(["-c", setting]);
        }
        server.arg("-c").arg(format!("ssl_cert_file={}", certificate.display()));
        server.arg("-c").arg(format!("ssl_key_file={}", folder.join(KEY_FILE).display()));
        let child = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|why| format!("postgres: {why}"))?;
        let url = format!("postgres://tollgate@127.0.0.1:{port}/postgres");
        let started = Self { child, folder, url, certificate };
        started.wait(&bin, port)?;
        Ok(started)
    }

    /// Makes an empty database beside the one of `url`.
    pub(crate) fn create(&self, name: &str) -> Result<(), String> {
        let bin = programs().ok_or("PostgreSQL is not installed")?;
        let create = bin.join("createdb").to_string_lossy().into_owned();
        if succeeds(&mut program(&create, &["--maintenance-db", &self.url, name]))? {
            return Ok(());
        }
        Err(format!("the database {name} could not be made"))
    }

    fn wait(&self, bin: &Path, port: u16) -> Result<(), String> {
        let port = port.to_string();
        let ready = bin.join("pg_isready").to_string_lossy().into_owned();
        for _ in 0..300 {
            if answers(&ready, &["-q", "-h", "127.0.0.1", "-p", &port]) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("PostgreSQL did not start within 30 s".to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        stop(&mut self.child, "-INT");
        // What stays behind is in the folder for temporary files.
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

/// Writes a certificate for this machine's own address, and its key as the server wants it: readable by nobody else.
fn certify(folder: &Path) -> Result<PathBuf, String> {
    let (certificate, key) = (folder.join("server.crt"), folder.join(KEY_FILE));
    let mut make =
        program("openssl", &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=x"]);
    make.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
    make.arg("-keyout").arg(&key).arg("-out").arg(&certificate).stderr(Stdio::null());
    if !succeeds(&mut make)? {
        return Err("openssl made no certificate".to_owned());
    }
    succeeds(program("chmod", &["600"]).arg(&key))?;
    if is_root() {
        succeeds(program("chown", &[ACCOUNT]).arg(&key))?;
    }
    Ok(certificate)
}

/// Asks a child to end, and waits for it.
pub(crate) fn stop(child: &mut Child, signal: &str) {
    let _asked = succeeds(&mut program("kill", &[signal, &child.id().to_string()]));
    let _ended = child.wait();
}

/// A command under the account of the server, that ends when this process does.
fn as_account(path: &Path) -> Command {
    let mut command = if answers("setpriv", &["--version"]) {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if is_root() {
            command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]);
        }
        command.arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir("/");
    command
}
