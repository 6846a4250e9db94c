//! Keys that are looked up together.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::dataloader::Loader;
use tokio::{sync::oneshot, task::unconstrained};

use super::{LoadQueue, Reader};
use crate::{
    db::{Db, Shelf},
    fault::Fault,
};

/// Keys in one look-up; beyond it there are several. Well below every database's limit of parameters.
const KEYS_MAX: usize = 10_000;

/// The loaders of one operation: those of [`Reader`], each of which is given the keys of a whole round.
pub struct Loaders {
    reader: Arc<Reader>,
    queue: LoadQueue,
    /// The batch of each type of key that has not begun to load: a `Batch<K>` in an `Arc` and a `Mutex`.
    batches: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

/// A key: what a `Loader` of the reader finds values by.
pub trait Key: Clone + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Key for K {}

type Found<K> = Arc<HashMap<K, <Reader as Loader<K>>::Value>>;

/// The keys that were asked for since the last load began, and who waits for their values.
struct Batch<K: Key>
where
    Reader: Loader<K, Error = Fault>,
{
    keys: HashSet<K>,
    waiting: Vec<oneshot::Sender<Result<Found<K>, Fault>>>,
}

type Shared<K> = Arc<Mutex<Batch<K>>>;

impl Loaders {
    /// Loaders whose loads wait in that queue. `may_be_old`: see `freshness.rs`.
    pub fn new(db: Db, may_be_old: bool, queue: LoadQueue) -> Self {
        let shelf = Shelf::new(db.clone(), may_be_old);
        Self {
            reader: Arc::new(Reader { db, shelf }),
            queue,
            batches: Mutex::default(),
        }
    }

    /// What is read with.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The value of a key; `None` where there is none.
    ///
    /// # Errors
    /// When the load fails.
    pub async fn load_one<K: Key>(
        &self,
        key: K,
    ) -> Result<Option<<Reader as Loader<K>>::Value>, Fault>
    where
        Reader: Loader<K, Error = Fault>,
    {
        let found = self.load(std::slice::from_ref(&key)).await?;
        Ok(found.get(&key).cloned())
    }

    /// The values of those of the keys that have one.
    ///
    /// # Errors
    /// When the load fails.
    pub async fn load_many<K: Key>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<K, <Reader as Loader<K>>::Value>, Fault>
    where
        Reader: Loader<K, Error = Fault>,
    {
        let keys = keys.into_iter().collect::<Vec<_>>();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.load(&keys).await?;
        let with_value = |key: K| {
            let value = found.get(&key)?.clone();
            Some((key, value))
        };
        Ok(keys.into_iter().filter_map(with_value).collect())
    }

    /// What is found of the keys, and of all others that are looked up with them.
    async fn load<K: Key>(&self, keys: &[K]) -> Result<Found<K>, Fault>
    where
        Reader: Loader<K, Error = Fault>,
    {
        let (sender, receiver) = oneshot::channel();
        let batch = self.batch::<K>()?;
        let is_first = {
            let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
            batch.keys.extend(keys.iter().cloned());
            batch.waiting.push(sender);
            batch.waiting.len() == 1
        };
        if is_first {
            let reader = self.reader.clone();
            self.queue.push(Box::pin(load(reader, batch)));
        }
        // The runtime's budget would make some of many who wait go on later than the others, and ask for what comes next
        // in a look-up of their own.
        unconstrained(receiver).await.map_err(Fault::internal)?
    }

    fn batch<K: Key>(&self) -> Result<Shared<K>, Fault>
    where
        Reader: Loader<K, Error = Fault>,
    {
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = batches
            .entry(TypeId::of::<K>())
            .or_insert_with(|| Box::new(Shared::<K>::default()));
        batch
            .downcast_ref::<Shared<K>>()
            .cloned()
            .ok_or_else(|| Fault::internal("a batch is of other keys than its own"))
    }
}

/// Looks up whatever keys have come by now, and tells all who wait.
async fn load<K: Key>(reader: Arc<Reader>, batch: Shared<K>)
where
    Reader: Loader<K, Error = Fault>,
{
    let Batch { keys, waiting } =
        std::mem::take(&mut *batch.lock().unwrap_or_else(PoisonError::into_inner));
    let found = find(&reader, &Vec::from_iter(keys)).await.map(Arc::new);
    for sender in waiting {
        // Who has gone meanwhile need not know.
        _ = sender.send(found.clone());
    }
}

async fn find<K: Key>(
    reader: &Reader,
    keys: &[K],
) -> Result<HashMap<K, <Reader as Loader<K>>::Value>, Fault>
where
    Reader: Loader<K, Error = Fault>,
{
    if keys.len() <= KEYS_MAX {
        return reader.load(keys).await;
    }
    let mut found = HashMap::new();
    for keys in keys.chunks(KEYS_MAX) {
        found.extend(reader.load(keys).await?);
    }
    Ok(found)
}

impl<K: Key> Default for Batch<K>
where
    Reader: Loader<K, Error = Fault>,
{
    fn default() -> Self {
        Self {
            keys: HashSet::new(),
            waiting: Vec::new(),
        }
    }
}
