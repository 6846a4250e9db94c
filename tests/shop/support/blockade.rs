use std::sync::{Arc, Mutex};

use jangteo::{
    fault::{Failure, Never},
    stock,
};
use scoped_futures::ScopedFutureExt;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{Product, TestDatabase};

/// Another server's sale: holds the locks that an order of the product needs, until it is lifted.
pub struct Blockade {
    release: oneshot::Sender<()>,
    holding: JoinHandle<()>,
}

impl Blockade {
    pub async fn of(database: &TestDatabase, product: &Product, pieces: i32) -> Self {
        let db = database.connect().await;
        let option_id = product.options[0];
        let (release, released) = oneshot::channel();
        let (locked, is_locked) = oneshot::channel();
        let ends = Arc::new(Mutex::new(Some((locked, released))));
        let holding = tokio::spawn(async move {
            let held = db.transaction::<_, Never>(|tx| {
                let ends = ends.clone();
                async move {
                    stock::store::lock(tx, &[option_id]).await?;
                    stock::store::add(tx, &[(option_id, -pieces)]).await?;
                    let ends = ends.lock().expect("no panic").take();
                    let (locked, released) = ends.expect("it locks at once");
                    locked.send(()).expect("somebody waits");
                    released.await.expect("it is released");
                    Ok(())
                }
                .scope_boxed()
            });
            held.await.map_err(Failure::into_fault).expect("a lock");
        });
        is_locked.await.expect("a lock");
        Self { release, holding }
    }

    pub async fn lift(self) {
        self.release.send(()).expect("it still holds");
        self.holding.await.expect("no panic");
    }
}
