use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{TrustedDocuments, WrongManifest};

/// What `jangteo serve` can be told about the documents that it executes. Each limit is of one operation with its
/// fragments written out wherever they are spread, unless it says otherwise; beyond it is QUERY_TOO_COMPLEX.
#[derive(Args, Clone, Debug)]
pub struct DocumentSettings {
    /// The most tokens of a document, blanks and comments among them (100 to 1000000): what is read before anything
    /// else is known of it. A hundred order lines take about a thousand.
    #[arg(long, env = "DOCUMENT_TOKENS_MAX", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub document_tokens_max: u32,

    /// How deep braces and brackets may nest, those of fragments among them (5 to 64): room for the deepest query.
    #[arg(long, env = "DOCUMENT_NESTING_MAX", default_value_t = 64, value_parser = clap::value_parser!(u32).range(5..=64))]
    pub document_nesting_max: u32,

    /// The most selections (20 to 100000): fragments that spread fragments make a small text a huge query.
    #[arg(long, env = "QUERY_SELECTIONS_MAX", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub query_selections_max: u32,

    /// How deep fields may nest (5 to 64): the shop's own pages need nine, introspection some fifteen.
    #[arg(long, env = "QUERY_DEPTH_MAX", default_value_t = 20, value_parser = clap::value_parser!(u32).range(5..=64))]
    pub query_depth_max: u32,

    /// The most aliases (1 to 100000): by them one field is asked for again and again.
    #[arg(long, env = "QUERY_ALIASES_MAX", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub query_aliases_max: u32,

    /// The most directives (1 to 100000): more conditions than a page has parts that come and go.
    #[arg(long, env = "QUERY_DIRECTIVES_MAX", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub query_directives_max: u32,

    /// The most fields at the root (1 to 1000): each of a mutation's is a transaction.
    #[arg(long, env = "ROOT_FIELDS_MAX", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub root_fields_max: u32,

    /// The most that an operation may cost, in fields, those in a list counted as often as it may be long (100 to
    /// 10000000): about as many values has the longest answer.
    #[arg(long, env = "QUERY_COST_MAX", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub query_cost_max: u32,

    /// The most entries of a list in an argument or a variable (100 to 100000). The shop's own lists are shorter, and
    /// say so themselves; this is for what no operation has a use for.
    #[arg(long, env = "INPUT_ENTRIES_MAX", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub input_entries_max: u32,

    /// Let clients ask what the schema is, and name it in what is wrong with a document (true or false). Off by default,
    /// because who attacks a shop asks this first, and on with --demo; its own clients have schema.graphql.
    #[arg(long, env = "INTROSPECTION", value_name = "BOOL")]
    pub introspection: Option<bool>,

    /// A file of the documents that are executed, and none but them: a persisted query manifest of Apollo's, or an object
    /// of documents by their ids as Relay's compiler and GraphQL Code Generator write it. Read at the start. Without it,
    /// every valid document is.
    #[arg(long, env = "TRUSTED_DOCUMENTS", value_name = "FILE")]
    pub trusted_documents: Option<PathBuf>,
}

/// Which documents are executed.
#[derive(Clone, Debug, Default)]
pub struct DocumentRules {
    pub limits: DocumentLimits,
    /// Whether the schema is told: to who asks, and by its names in what is wrong with a document.
    pub introspection: bool,
    /// The only ones, if not all.
    pub trusted: Option<Arc<TrustedDocuments>>,
}

/// How large documents and what comes with them may be.
#[derive(Clone, Debug)]
pub struct DocumentLimits {
    pub tokens: usize,
    pub nesting: usize,
    pub selections: usize,
    pub depth: usize,
    pub aliases: usize,
    pub directives: usize,
    pub root_fields: usize,
    pub cost: usize,
    pub input_entries: usize,
}

impl DocumentSettings {
    /// The rules that follow from the settings, in a demo or not.
    ///
    /// # Errors
    /// Where documents are to be trusted that cannot be executed.
    pub fn rules(&self, demo: bool) -> Result<DocumentRules, WrongManifest> {
        let mut rules = DocumentRules {
            limits: self.limits(),
            introspection: self.introspection.unwrap_or(demo),
            trusted: None,
        };
        if let Some(file) = &self.trusted_documents {
            rules.trusted = Some(Arc::new(TrustedDocuments::read(file, &rules)?));
        }
        Ok(rules)
    }

    fn limits(&self) -> DocumentLimits {
        DocumentLimits {
            tokens: self.document_tokens_max as usize,
            nesting: self.document_nesting_max as usize,
            selections: self.query_selections_max as usize,
            depth: self.query_depth_max as usize,
            aliases: self.query_aliases_max as usize,
            directives: self.query_directives_max as usize,
            root_fields: self.root_fields_max as usize,
            cost: self.query_cost_max as usize,
            input_entries: self.input_entries_max as usize,
        }
    }
}

impl Default for DocumentLimits {
    /// The limits of a server that is told nothing.
    fn default() -> Self {
        Self {
            tokens: 20_000,
            nesting: 64,
            selections: 2_000,
            depth: 20,
            aliases: 100,
            directives: 100,
            root_fields: 20,
            cost: 20_000,
            input_entries: 1_000,
        }
    }
}
