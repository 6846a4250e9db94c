//! Connections that give up on whoever does not read what they are sent. Without it a client that stops reading keeps its
//! connection, and what is meant for it, for as long as it likes.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};

use crate::listener::Listeners;

/// Enough for a close frame to be sent, or not to be.
const TO_SAY_WHY: Duration = Duration::from_secs(10);

/// Accepts such connections.
#[derive(Debug)]
pub struct Attentive {
    listener: TcpListener,
    listeners: Arc<Listeners>,
}

/// A connection on which no write may make no progress for long.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    listeners: Arc<Listeners>,
    /// Runs while a write waits.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Attentive {
    #[must_use]
    pub fn new(listener: TcpListener, listeners: Arc<Listeners>) -> Self {
        Self {
            listener,
            listeners,
        }
    }
}

impl Listener for Attentive {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // Its own, which goes on after what goes wrong.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // An event is small, and goes out at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection is gone already");
        }
        let connection = Connection {
            stream,
            listeners: self.listeners.clone(),
            patience: None,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connection {
    /// Longer than a WebSocket waits for a message to be received: that one says why it is closed.
    fn patience(&self) -> Duration {
        self.listeners.limits.stall_within + TO_SAY_WHY
    }

    /// What a write came to; one that waits for too long has failed.
    fn watched<T>(
        &mut self,
        context: &mut Context<'_>,
        write: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.patience = None;
            return write;
        }
        let within = self.patience();
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(patience.as_mut().poll(context));
        self.listeners.figures.stalled();
        self.patience = None;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
