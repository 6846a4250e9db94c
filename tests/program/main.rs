//! The program itself: its commands, its settings, its secrets, and how it starts and stops.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what cannot be ends, and says so"
)]

mod browsers;
mod commands;
mod demo;
mod money;
mod place;
mod secrets;
mod settings;
mod stopping;
mod traces;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write, pipe},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use entity::{
    cart, member, order, order_item, point_entry, product, product_option, stock, store, user_point,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use jangteo::{clock::Clock, db::Db};
use sandbox::{
    Sandbox,
    control::{Button, Press, PressReport},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{OnceCell, mpsc};

use place::*;
