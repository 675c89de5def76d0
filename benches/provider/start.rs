//! From exec to the first answer, against the least that actix-web can do; and what the server then weighs.

use std::time::Instant;

use actix_web::{App, HttpServer, web};

use crate::child::Server;
use crate::client::{Connection, refresh};
use crate::stats::{Stats, report};

/// The argument that turns this program into the server to compare with.
pub(crate) const HELLO_WORLD: &str = "hello-world";

const STARTS: usize = 25;

pub(crate) fn run() {
    println!("start: from exec to the first answer, {STARTS} times by turns");
    let mut hellos = Vec::new();
    let mut refreshes = Vec::new();
    let mut weights = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let hello = Server::this_program(&[HELLO_WORLD]);
        Connection::open(hello.address).exchange(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        hellos.push(begin.elapsed().as_secs_f64() * 1000.0);
        drop(hello);

        let begin = Instant::now();
        let server = Server::mimic(&["--workers", "2", "--log", "off"]);
        Connection::open(server.address).exchange(&refresh("REFRESH_TOKEN"));
        refreshes.push(begin.elapsed().as_secs_f64() * 1000.0);
        #[expect(clippy::cast_precision_loss)]
        weights.push(server.resident_kib() as f64 / 1024.0);
    }
    report(
        "actix-web's hello-world, two workers",
        "ms",
        &Stats::of(hellos),
    );
    report(
        "this server, first refresh answered",
        "ms",
        &Stats::of(refreshes),
    );
    report("resident after it", "MiB", &Stats::of(weights));
}

/// The least that actix-web can do.
pub(crate) fn hello_world() {
    actix_web::rt::System::new().block_on(async {
        let server =
            HttpServer::new(|| App::new().route("/", web::get().to(|| async { "Hello, world!" })))
                .workers(2)
                .bind(("127.0.0.1", 0))
                .expect("a free port");
        println!("listening on http://{}", server.addrs()[0]);
        server.run().await.expect("a server");
    });
}
