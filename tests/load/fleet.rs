//! Instances on one database, with NATS between them and a load balancer before them, each a process of its own. The
//! balancer is HAProxy, with the file that operators are given.

use std::{
    fs::File,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rand::RngExt;
use tempfile::TempDir;
use tokio::{
    task::block_in_place,
    time::{Instant, sleep},
};

use crate::{program::Program, support::Nats};

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy/haproxy.cfg");

/// How long an instance that is told to stop goes on: longer than HAProxy takes to notice, also on a machine that is
/// busy with other things.
const DRAIN: &str = "10";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Fleet {
    /// Where clients go.
    pub address: SocketAddr,
    pub instances: Vec<Instance>,
    balancer: Balancer,
    database_url: String,
    /// What connects them.
    nats: Nats,
}

pub struct Instance {
    pub address: SocketAddr,
    program: Option<Program>,
}

struct Balancer {
    haproxy: Child,
    figures: SocketAddr,
    folder: TempDir,
}

impl Fleet {
    /// Three instances that serve, and that the balancer knows to serve.
    pub async fn start(database_url: &str) -> Self {
        let instances = [(); 3].map(|()| Instance {
            address: port(),
            program: None,
        });
        let address = port();
        let mut fleet = Self {
            balancer: Balancer::start(address, &instances),
            address,
            instances: instances.into(),
            database_url: database_url.to_owned(),
            nats: block_in_place(Nats::start),
        };
        for number in 0..fleet.instances.len() {
            fleet.open(number);
        }
        fleet.until_serving(3).await;
        fleet
    }

    /// Stops an instance as a service manager does: it drains, and ends well.
    pub fn stop(&mut self, number: usize) {
        let program = self.instances[number].program.take();
        block_in_place(|| program.expect("it runs").stop());
    }

    /// Kills an instance as a crash would.
    pub fn kill(&mut self, number: usize) {
        let program = self.instances[number].program.take();
        block_in_place(|| program.expect("it runs").kill());
    }

    /// Starts an instance where it was.
    pub fn open(&mut self, number: usize) {
        let listen = self.instances[number].address.to_string();
        let flags = [
            "--listen",
            &listen,
            "--drain-seconds",
            DRAIN,
            "--nats-url",
            &self.nats.url,
        ];
        let program = block_in_place(|| Program::start_with(&self.database_url, &flags));
        self.instances[number].program = Some(program);
    }

    /// Waits until the balancer sends people to so many instances.
    pub async fn until_serving(&mut self, count: u64) {
        let begun = Instant::now();
        while self.balancer.serving().await != Some(count) {
            let log = self.balancer.check();
            assert!(begun.elapsed() < PATIENCE, "not {count} serve: {log}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops them all, one after the other.
    pub fn close(mut self) {
        for number in 0..self.instances.len() {
            self.stop(number);
        }
    }
}

impl Balancer {
    fn start(listen: SocketAddr, instances: &[Instance; 3]) -> Self {
        let figures = port();
        let folder = TempDir::new().expect("a temporary folder");
        let log = File::create(folder.path().join("log")).expect("a log");
        let [one, two, three] = instances
            .each_ref()
            .map(|instance| instance.address.to_string());
        // Debian puts it where only root's PATH leads.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let haproxy = Command::new("haproxy")
            .args(["-db", "-f", CONFIGURATION])
            .env("PATH", path)
            .env("SHOP_LISTEN", listen.to_string())
            .env("BALANCER_LISTEN", figures.to_string())
            .envs([
                ("INSTANCE_1", one),
                ("INSTANCE_2", two),
                ("INSTANCE_3", three),
            ])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("haproxy is installed: see scripts/setup");
        Self {
            haproxy,
            figures,
            folder,
        }
    }

    /// To how many instances it sends people, as it tells Prometheus; `None` while it does not answer yet.
    async fn serving(&self) -> Option<u64> {
        let url = format!("http://{}/metrics", self.figures);
        let figures = reqwest::get(url).await.ok()?.text().await.ok()?;
        let name = "haproxy_backend_active_servers{proxy=\"instances\"} ";
        let count = figures.lines().find_map(|line| line.strip_prefix(name));
        count?.parse().ok()
    }

    /// Asserts that it runs; gives what it has logged.
    fn check(&mut self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).expect("a log");
        assert!(
            matches!(self.haproxy.try_wait(), Ok(None)),
            "haproxy: {log}"
        );
        log
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // It may have ended.
        _ = self.haproxy.kill();
        _ = self.haproxy.wait();
    }
}

/// A port that nobody listens on, and that stays so while an instance restarts: below those that Linux gives to
/// outgoing connections.
fn port() -> SocketAddr {
    loop {
        let port = rand::rng().random_range(10_000..32_000);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
