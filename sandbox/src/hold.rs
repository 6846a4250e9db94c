//! Taking a lock. A holder that panicked is no reason to stop: what is locked here is whole at every moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
