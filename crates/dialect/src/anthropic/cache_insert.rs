//! Whether a prompt is worth cache marks that its client did not set (R-ROUTE-9). In: a request, a target. Out: a mark for the end
//! of what stays the same and for the end of the conversation. Never here: where it is written (encode, blocks).
//!
//! A server of this dialect caches what is marked alone, and its clients mark for themselves; clients of other dialects know no
//! marks. Writing costs a quarter more than reading plainly, reading again a tenth: a mark pays where the prompt comes again.
//! It does where a client works with tools or goes on from an answer; a single question with a long text may never come again.

use crate::target::Target;
use canon::{Block, BlockKind, CacheMark, Request, Role, Tool};

/// Shorter prompts are below what any server caches (1024 tokens).
const PROMPT_BYTES_MIN: usize = 4_096;

/// The mark to insert, if any.
pub(super) fn mark(request: &Request, target: &Target) -> Option<CacheMark> {
    let comes_again = !request.tools.is_empty() || request.turns.iter().any(|turn| turn.role == Role::Assistant);
    let worth = target.cache_insert && request.read_bytes >= PROMPT_BYTES_MIN && comes_again;
    (worth && !is_marked(request)).then_some(CacheMark::Short)
}

fn is_marked(request: &Request) -> bool {
    let tools =
        request.tools.iter().any(|tool| matches!(tool, Tool::Function(function) if function.cache.is_some()));
    tools || any(&request.system) || request.turns.iter().any(|turn| any(&turn.blocks))
}

fn any(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| {
        block.cache.is_some() || matches!(&block.kind, BlockKind::ToolResult { content, .. } if any(content))
    })
}
