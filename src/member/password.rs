use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::fault::Fault;

/// Hashes passwords with argon2id (19 MiB, 2 passes: the crate's defaults, which are OWASP's), off the
/// async threads and no more at once than there are cores, so that a rush of sign-ins takes neither the
/// memory nor the threads that orders need.
#[derive(Clone, Debug)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            at_once: Arc::new(Semaphore::new(cores)),
        }
    }
}

/// What an unknown member's password is compared with: the hash of nothing that anyone knows, made with
/// the same parameters, so that the comparison takes as long as a real one.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$EIJyeqxtO4mqBHzLvADjgNVnS5n5v2mjJkxuJ5nXaYw";

impl Passwords {
    /// The password's hash, salted at random, in PHC string format.
    pub(super) async fn hash(&self, password: String) -> Result<String, Fault> {
        self.off_the_async_threads(move || {
            Argon2::default()
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(Fault::internal)
        })
        .await
    }

    /// Whether the password is the one that was hashed; never, but as slowly, where there is no hash.
    pub(super) async fn matches(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Fault> {
        self.off_the_async_threads(move || {
            let expected = hash.as_deref().unwrap_or(NOBODYS_HASH);
            let parsed = PasswordHash::new(expected).map_err(Fault::internal)?;
            let matches = Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
            Ok(matches && hash.is_some())
        })
        .await
    }

    async fn off_the_async_threads<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let _permit = self.at_once.acquire().await.map_err(Fault::internal)?;
        spawn_blocking(work).await.map_err(Fault::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_matches() {
        let passwords = Passwords::default();
        let hash = passwords.hash("jangteo-demo".into()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .matches("jangteo-demo".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .matches("jangteo-dema".into(), Some(hash))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn nobody_s_hash_is_well_formed_and_matches_nothing() {
        assert!(
            !Passwords::default()
                .matches(String::new(), None)
                .await
                .unwrap()
        );
        let parameters = "$argon2id$v=19$m=19456,t=2,p=1$";
        assert!(NOBODYS_HASH.starts_with(parameters));
    }
}
