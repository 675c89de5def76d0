//! What runs the binary, and never leaves a child behind.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// Longer than anything the binary may take, shorter than a test may hang.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_oauth-mimic");

/// The user of the default fixtures.
pub(crate) const USER: &str = "b626dc6a-0940-44da-af69-04b411a1de56";

/// The root of the package, where every child runs.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A child process. It is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// What a process wrote and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Absent where a signal killed it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Lines as they come, with their ends.
#[derive(Debug)]
struct Lines {
    receiver: Receiver<String>,
    /// All that was taken so far.
    taken: String,
}

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).into_owned();
                if sender.send(text).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Self {
            receiver,
            taken: String::new(),
        }
    }

    /// The next line; `None` at the end of the output.
    #[track_caller]
    fn next(&mut self) -> Option<String> {
        match self.receiver.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.taken.push_str(&line);
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the binary hangs; so far:\n{}", self.taken),
        }
    }

    #[track_caller]
    fn rest(&mut self) -> String {
        while self.next().is_some() {}
        std::mem::take(&mut self.taken)
    }
}

impl Process {
    /// Starts the binary with those arguments and that environment, and nothing else of its own.
    pub(crate) fn start(args: &[&str], environment: &[(&str, &str)], input: &str) -> Self {
        let mut command = Command::new(BINARY);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            // What would change how it serves, or how its help looks.
            if text.starts_with("OAUTH_MIMIC_") || text == "COLUMNS" || text == "CLICOLOR_FORCE" {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(args)
            .envs(environment.iter().copied())
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary is there");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A process that does not read its input closes it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let stdout = Lines::of(child.stdout.take().expect("a pipe"));
        let stderr = Lines::of(child.stderr.take().expect("a pipe"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for it to end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome {
        let (stdout, stderr) = (self.stdout.rest(), self.stderr.rest());
        Outcome {
            code: self.child.wait().expect("a child").code(),
            stdout,
            stderr,
        }
    }

    /// Reads on in standard error to the line that holds `text`, and hands back everything up to it.
    #[track_caller]
    pub(crate) fn printed(&mut self, text: &str) -> String {
        loop {
            match self.stderr.next() {
                Some(line) if line.contains(text) => return self.stderr.taken.clone(),
                Some(_) => {}
                None => panic!("`{text}` was not printed; this was:\n{}", self.stderr.taken),
            }
        }
    }

    /// Sends it a signal, by its name without SIG.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill is there");
        assert!(status.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end.
#[track_caller]
pub(crate) fn run(args: &[&str]) -> Outcome {
    Process::start(args, &[], "").finish()
}

/// Runs it, and hands back what it printed, which must be all it had to say.
#[track_caller]
pub(crate) fn good(args: &[&str]) -> String {
    good_with(args, &[])
}

/// The same with an environment.
#[track_caller]
pub(crate) fn good_with(args: &[&str], environment: &[(&str, &str)]) -> String {
    let outcome = Process::start(args, environment, "").finish();
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(0), ""),
        "{args:?}: {outcome:?}"
    );
    outcome.stdout.trim_end().to_owned()
}

/// Runs it, and hands back what it complained of: exit code 2, nothing on standard output.
#[track_caller]
pub(crate) fn bad(args: &[&str]) -> String {
    let outcome = run(args);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(2), ""),
        "{args:?}: {outcome:?}"
    );
    outcome.stderr
}

/// The server on a free port.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    /// Without a path.
    pub(crate) base_url: String,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// A text member of the body.
    #[track_caller]
    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no text member `{name}`: {self:?}"))
            .to_owned()
    }
}

impl Server {
    /// Serves with those arguments, and waits for the line that says so.
    #[track_caller]
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    #[track_caller]
    pub(crate) fn start_with(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let args = [&["--port", "0", "--workers", "1"], args].concat();
        Self::started(Process::start(&args, environment, ""))
    }

    /// Waits for the line of a process that serves.
    #[track_caller]
    pub(crate) fn started(mut process: Process) -> Self {
        let Some(line) = process.stdout.next() else {
            panic!("it does not serve: {}", process.stderr.rest());
        };
        let base_url = line
            .strip_prefix("listening on ")
            .and_then(|url| url.strip_suffix('\n'))
            .unwrap_or_else(|| panic!("another line: {line}"))
            .to_owned();
        Self { process, base_url }
    }

    /// Asks for a path as if the server were known by that host.
    pub(crate) fn get_as(&self, host: &str, path: &str) -> Answer {
        let url = format!("{}{path}", self.base_url);
        answered(agent().get(url).header("Host", host).call())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        answered(agent().get(format!("{}{path}", self.base_url)).call())
    }

    /// Posts a form, unchanged, to the token endpoint of profile `connect`.
    pub(crate) fn post(&self, authorization: Option<&str>, form: &str) -> Answer {
        let url = format!("{}/connect/oauth/token", self.base_url);
        post(&url, authorization, form)
    }

    /// Refreshes with the default client.
    pub(crate) fn refresh(&self, refresh_token: &str) -> Answer {
        self.post(
            Some(&basic("client-default", "client-default-secret")),
            &format!("grant_type=refresh_token&refresh_token={refresh_token}"),
        )
    }
}

pub(crate) fn post(url: &str, authorization: Option<&str>, form: &str) -> Answer {
    let mut request = agent()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    answered(request.send(form))
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

#[track_caller]
fn answered(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut answer = answer.expect("an answer");
    Answer {
        status: answer.status().as_u16(),
        body: answer.body_mut().read_to_string().expect("UTF-8"),
    }
}

/// `Basic` credentials, with nothing encoded but the base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    let userinfo = STANDARD.encode(format!("{client_id}:{client_secret}"));
    format!("Basic {userinfo}")
}

/// A part of a token, decoded: 0 the header, 1 the claims.
#[track_caller]
pub(crate) fn part(token: &str, index: usize) -> Value {
    let encoded = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("JSON")
}

/// The JSON of what was printed.
#[track_caller]
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// An empty directory of this test's own, among the build's artefacts.
pub(crate) fn directory(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // It is there where the test ran before.
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a directory");
    path
}

/// Writes a file and hands back its path as an argument.
pub(crate) fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}
