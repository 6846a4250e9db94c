use std::time::Duration;

use clap::Args;

/// What `jangteo serve` can be told about listeners.
#[derive(Args, Clone, Debug)]
pub struct ListenerSettings {
    /// The most listeners at once, over WebSocket and Server-Sent Events (1 to 1000000); beyond it a client is told to
    /// come again later. Each takes a file of the process and up to 16 KiB.
    #[arg(long, env = "LISTENERS_MAX", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub listeners_max: u32,

    /// The most listeners of one member at once (1 to 10000): their phones, computers and tabs.
    #[arg(long, env = "LISTENERS_PER_MEMBER_MAX", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub listeners_per_member_max: u32,

    /// The most operations at once on one WebSocket (1 to 1000): what a page shows live.
    #[arg(long, env = "SOCKET_OPERATIONS_MAX", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub socket_operations_max: u32,

    /// How long a WebSocket may take to introduce itself, in seconds (1 to 300). No longer than a bad line needs:
    /// until then nobody knows who holds the place.
    #[arg(long, env = "SOCKET_INIT_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub socket_init_seconds: u64,

    /// Every how many seconds a listener hears a sign of life (1 to 3600), and a WebSocket is asked for one; without an
    /// answer by the time of the next it is dropped. Below the minute after which proxies give up.
    #[arg(long, env = "LISTENER_PING_SECONDS", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub listener_ping_seconds: u64,

    /// How long a WebSocket may be open with no operation, in seconds (1 to 86400).
    #[arg(long, env = "SOCKET_IDLE_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub socket_idle_seconds: u64,

    /// How long a listener may take to receive a message before it is dropped, in seconds (1 to 600). Meanwhile nothing
    /// is kept for it but what the bus keeps.
    #[arg(long, env = "LISTENER_STALL_SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub listener_stall_seconds: u64,
}

/// The limits of listeners.
#[derive(Clone, Debug)]
pub struct ListenerLimits {
    /// In all.
    pub listeners_max: usize,
    pub per_member_max: usize,
    /// On one WebSocket.
    pub operations_max: usize,
    /// How long a WebSocket may take to introduce itself.
    pub init_within: Duration,
    pub ping_every: Duration,
    /// How long a WebSocket may be open with no operation.
    pub idle_within: Duration,
    /// How long a message may take to be received.
    pub stall_within: Duration,
}

impl ListenerSettings {
    /// The limits that follow from the settings.
    #[must_use]
    pub fn limits(&self) -> ListenerLimits {
        ListenerLimits {
            listeners_max: self.listeners_max as usize,
            per_member_max: self.listeners_per_member_max as usize,
            operations_max: self.socket_operations_max as usize,
            init_within: Duration::from_secs(self.socket_init_seconds),
            ping_every: Duration::from_secs(self.listener_ping_seconds),
            idle_within: Duration::from_secs(self.socket_idle_seconds),
            stall_within: Duration::from_secs(self.listener_stall_seconds),
        }
    }
}

impl Default for ListenerLimits {
    /// The limits of a server that is told nothing.
    fn default() -> Self {
        Self {
            listeners_max: 20_000,
            per_member_max: 20,
            operations_max: 50,
            init_within: Duration::from_secs(10),
            ping_every: Duration::from_secs(25),
            idle_within: Duration::from_mins(10),
            stall_within: Duration::from_secs(20),
        }
    }
}
