//! The address at which everybody finds the shop, whichever of its servers is up: a load balancer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// How often somebody who waits for a server looks.
const MOMENT: Duration = Duration::from_millis(10);

pub struct Front {
    pub address: SocketAddr,
    servers: Arc<Mutex<Vec<SocketAddr>>>,
    accepting: JoinHandle<()>,
}

impl Front {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let servers = Arc::<Mutex<Vec<_>>>::default();
        let accepting = tokio::spawn(accept(listener, servers.clone()));
        Self {
            address,
            servers,
            accepting,
        }
    }

    pub fn add(&self, server: SocketAddr) {
        self.with(|servers| servers.push(server));
    }

    pub fn remove(&self, server: SocketAddr) {
        self.with(|servers| servers.retain(|other| *other != server));
    }

    /// Waits until a server is up.
    pub async fn until_there_is_one(&self) {
        while self.with(|servers| servers.is_empty()) {
            sleep(MOMENT).await;
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Vec<SocketAddr>) -> T) -> T {
        change(&mut self.servers.lock().expect("no panic"))
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Hands each connection on to the servers in turn; one for which there is none is closed.
async fn accept(listener: TcpListener, servers: Arc<Mutex<Vec<SocketAddr>>>) {
    let mut turn = 0_usize;
    while let Ok((mut client, _)) = listener.accept().await {
        turn += 1;
        let server = {
            let servers = servers.lock().expect("no panic");
            servers.get(turn % servers.len().max(1)).copied()
        };
        let Some(server) = server else {
            continue;
        };
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(server).await else {
                return;
            };
            // A server that is killed breaks its connections.
            _ = copy_bidirectional(&mut client, &mut server).await;
        });
    }
}
