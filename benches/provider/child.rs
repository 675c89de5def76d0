//! A server as a process of its own, and what the kernel says of it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The program this package builds.
    pub(crate) fn mimic(arguments: &[&str]) -> Self {
        Self::program(env!("CARGO_BIN_EXE_oauth-mimic"), arguments)
    }

    /// Another build of it.
    pub(crate) fn program(path: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(path);
        command.args(["--port", "0"]).args(arguments);
        Self::start(command)
    }

    /// This very program, with arguments that turn it into a server.
    pub(crate) fn this_program(arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(arguments);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let address = line
            .trim()
            .rsplit('/')
            .next()
            .and_then(|address| address.parse().ok());
        Self {
            child,
            address: address.expect("where it listens"),
        }
    }

    /// Nanoseconds of processor time all its threads have used.
    pub(crate) fn cpu_nanoseconds(&self) -> u64 {
        cpu_nanoseconds(&PathBuf::from(format!("/proc/{}/task", self.child.id())))
    }

    /// The same in the kernel, in units of 10 ms.
    pub(crate) fn kernel_nanoseconds(&self) -> u64 {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a process");
        let after_name = stat.rsplit(')').next().expect("fields");
        let ticks = after_name.split_whitespace().nth(12);
        let ticks: u64 = ticks.and_then(|ticks| ticks.parse().ok()).expect("stime");
        ticks * 10_000_000
    }

    /// KiB it holds in memory.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("a process");
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix("VmRSS:")?
                    .trim()
                    .strip_suffix(" kB")?
                    .trim()
                    .parse()
                    .ok()
            })
            .expect("VmRSS")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nanoseconds of processor time of this process.
pub(crate) fn own_cpu_nanoseconds() -> u64 {
    cpu_nanoseconds(Path::new("/proc/self/task"))
}

fn cpu_nanoseconds(tasks: &Path) -> u64 {
    std::fs::read_dir(tasks)
        .expect("Linux's /proc")
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|schedstat| schedstat.split(' ').next()?.parse::<u64>().ok())
        .sum()
}
