use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A wire between a server and PostgreSQL that can be cut when a transaction commits.
pub struct Proxy {
    address: SocketAddr,
    cut: Arc<Mutex<Option<Cut>>>,
}

/// When the wire is cut: once, as the next COMMIT is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// PostgreSQL never hears of it.
    BeforeCommit,
    /// PostgreSQL commits, and nobody hears of it.
    AfterCommit,
}

impl Proxy {
    /// A wire to the server of that URL.
    pub async fn to(url: &str) -> Self {
        let target = authority(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let cut = Arc::new(Mutex::new(None));
        let armed = cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&target).await.expect("PostgreSQL");
                // A wire that breaks is what this is for.
                tokio::spawn(connect(client, server, armed.clone()));
            }
        });
        Self { address, cut }
    }

    /// The URL by way of this.
    pub fn url(&self, url: &str) -> String {
        url.replace(authority(url), &self.address.to_string())
    }

    /// Arms it.
    pub fn cut_next(&self, cut: Cut) {
        *self.cut.lock().expect("no panic") = Some(cut);
    }

    /// Whether it was cut since it was armed.
    pub fn is_cut(&self) -> bool {
        self.cut.lock().expect("no panic").is_none()
    }
}

/// Where the server of a URL is: host and port.
fn authority(url: &str) -> &str {
    let (_, rest) = url.split_once("://").expect("a URL");
    let (authority, _) = rest.split_once('/').expect("a URL has a path");
    authority.rsplit('@').next().unwrap_or(authority)
}

/// Passes on what either says, until one ends or the wire is cut.
async fn connect(
    mut client: TcpStream,
    mut server: TcpStream,
    armed: Arc<Mutex<Option<Cut>>>,
) -> io::Result<()> {
    let (mut from_client, mut from_server) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            length = client.read(&mut from_client) => {
                let said = &from_client[..length?];
                let cut = is_commit(said).then(|| armed.lock().expect("no panic").take()).flatten();
                if said.is_empty() || cut == Some(Cut::BeforeCommit) {
                    return Ok(());
                }
                server.write_all(said).await?;
                if cut == Some(Cut::AfterCommit) {
                    // The answer comes when it is done, and goes nowhere.
                    return server.read(&mut from_server).await.map(drop);
                }
            }
            length = server.read(&mut from_server) => {
                let said = &from_server[..length?];
                if said.is_empty() {
                    return Ok(());
                }
                client.write_all(said).await?;
            }
        }
    }
}

/// Whether the client says COMMIT, as a message of its own: nothing is sent after it before its answer has come.
fn is_commit(said: &[u8]) -> bool {
    said.ends_with(b"Q\x00\x00\x00\x0bCOMMIT\x00")
}
