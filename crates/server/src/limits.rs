//! Every limit of the server that is not a setting, with its name and reason. In: nothing. Out: constants.
//! Never here: what an operator may want to change (settings.rs); how a provider's wire is read and its connections are
//! kept (upstream); what usage is taken for where nobody counted (relay/usage.rs).

use std::time::Duration;
use units::{NanoUsd, Timestamp};

/// Longest `x-client-request-id` that is kept; longer ones are cut.
pub const CLIENT_REQUEST_ID_BYTES_MAX: usize = 128;
/// Spans are sent this often.
pub const TRACES_EVERY: Duration = Duration::from_secs(1);
/// A collector that takes longer takes nothing.
pub const TRACES_TIME_MAX: Duration = Duration::from_secs(10);
/// So many spans wait for the collector; what comes then is dropped.
pub const SPANS_WAITING_MAX: usize = 20_000;
/// So many are sent at once.
pub const SPANS_AT_ONCE: usize = 512;
/// So many steps of one call have a span.
pub const SPANS_OF_ONE_MAX: usize = 32;
/// Somebody who is asked whether all is well answers by then.
pub const CHECKUP_TIME_MAX: Duration = Duration::from_secs(5);
/// So much of such an answer is read.
pub const CHECKUP_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A provider that is tried answers by then.
pub const TRIAL_TIME_MAX: Duration = Duration::from_secs(10);
/// So much of its list of models is read.
pub const TRIAL_BYTES_MAX: usize = 4 * 1024 * 1024;
/// So many models of such a list are told.
pub const TRIAL_MODELS_MAX: usize = 1_000;
/// A store that takes longer to answer is told as slow.
pub const STORE_SLOW: Duration = Duration::from_millis(250);
/// So many orders that wait for the store are told as many.
pub const LEDGER_QUEUE_LONG: u64 = 5_000;
/// Books that were not audited for so long are told so.
pub const AUDIT_OLD: Duration = Duration::from_secs(3 * 86_400);
/// With less room a disk is as good as full.
pub const DISK_FULL_BYTES: u64 = 100 << 20;
/// With less room a disk will be full soon.
pub const DISK_SHORT_BYTES: u64 = 1 << 30;
/// No clock that is right says an earlier time: 2026-01-01.
pub const CLOCK_EARLIEST: Timestamp = Timestamp::from_ms(1_767_225_600_000);
/// What was recorded may be so much later than the clock says, where several nodes record.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(60);
/// The bounds of buckets of metrics that tell seconds.
pub const SECOND_BUCKETS: [f64; 14] =
    [0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 120.0];
/// The first audit of a process is this long after its start, or sooner.
pub const AUDIT_FIRST: Duration = Duration::from_secs(600);
/// Largest answer of the management API that is read from inside the process.
pub const INSIDE_ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// So many may watch requests at once.
pub const LISTENERS_MAX: usize = 10_000;
/// In so many places the same user, token or program may.
pub const LISTENERS_OF_ONE_MAX: usize = 32;
/// So many rows wait for a listener who is slow; then it hears of a gap.
pub const ROWS_TOLD_MAX: usize = 1_024;
/// Rows that end so soon after each other are told in one part: whoever watches is not woken for each.
pub const ROWS_TOGETHER: Duration = Duration::from_millis(100);
/// So many rows wait to be told to other nodes; then these hear of a gap.
pub const ROWS_WAITING_MAX: usize = 1_000;
/// Other nodes are told of rows this long after the first.
pub const NODES_TELL_EVERY: Duration = Duration::from_millis(150);
/// A record is in the store this long after its request, at the latest.
pub const ROWS_LATE: Duration = Duration::from_millis(400);
/// A stream of events shows this often that it is there, and looks whether it may still be.
pub const EVENTS_BEAT: Duration = Duration::from_secs(15);
/// A part of a stream of events ends with the row that makes it so large.
pub const EVENTS_PART_BYTES: usize = 512 * 1024;
/// So many rows are looked through for what ended since a break.
pub const EVENTS_REPLAYED_MAX: u32 = 200;
/// Rows that CSV reads at once.
pub const CSV_PAGE_ROWS: u32 = 1_000;
/// So many parts of sums are told, the dearest.
pub const FACTS_PARTS_MAX: usize = 500;
/// So many of them have a series of their own.
pub const FACTS_SERIES_MAX: u8 = 8;
/// So many spans a series has at most: more than the hours of a month or the days of a year.
pub const FACTS_SPANS_MAX: u64 = 750;
/// Longest name of a client and of a caller's own session that are recorded, in bytes; longer ones are cut.
pub const CLIENT_TOLD_BYTES_MAX: usize = 64;
/// So many failed attempts of a request are recorded, the first.
pub const TRIES_MAX: usize = 8;
/// Request line and headers altogether (Codex sends about 1 KB of metadata, proxies add more).
pub const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request, counted: what the HTTP library takes of itself, which is told to clients.
pub const HEADERS_MAX: usize = 100;
/// Time for a client to send its headers; also how long a connection may be idle between two requests, so it is longer
/// than the minute after which most clients drop theirs.
pub const HEADER_TIME_MAX: Duration = Duration::from_secs(75);
/// Time for a new connection to send its first byte: who opens connections and says nothing takes descriptors from others.
pub const FIRST_BYTE_TIME_MAX: Duration = Duration::from_secs(10);
/// Connections waiting for a worker; more wait in the kernel.
pub const HANDED_OUT_MAX: usize = 1_024;
/// How long the acceptor rests when the process has no file descriptors left.
pub const ACCEPT_REST: Duration = Duration::from_millis(50);
/// Longest method that is repeated to a client or logged; longer ones are nobody's.
pub const METHOD_BYTES_MAX: usize = 16;
/// Longest unknown model id that is repeated to a client, in characters.
pub const MODEL_SHOWN_CHARS_MAX: usize = 100;
/// The list of what a translation dropped: longer ones are cut, for a header must stay small.
pub const DROPPED_BYTES_MAX: usize = 1_024;
/// A store that does not answer within this is not ready.
pub const PING_TIME_MAX: Duration = Duration::from_secs(2);
/// How long a client may take nothing of an answer that waits to be written.
pub const STALLED_READER_TIME_MAX: Duration = Duration::from_secs(60);
/// Up to this, joining the parts of an answer costs less than telling the kernel of each.
pub const ANSWER_JOIN_BYTES_MAX: usize = 1_024;
/// Longest head of a refusal that the HTTP library writes by itself.
pub const BARE_HEAD_BYTES_MAX: usize = 256;
/// So much of the beginning of a request is kept to know its surface by, should the HTTP library refuse it.
pub const LINE_READ_BYTES_MAX: usize = 256;
/// Log lines wait in memory at most so long.
pub const LOG_FLUSH_EVERY: Duration = Duration::from_millis(100);
/// Above this, log lines are dropped and counted: a dead disk must not fill the memory.
pub const LOG_BUFFER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long whoever follows changes of other processes rests when the store does not answer.
pub const FOLLOW_REST: Duration = Duration::from_millis(500);
/// How often holds are looked for whose relay broke (a defect: it is an error line each time).
pub const FORGOTTEN_EVERY: Duration = Duration::from_secs(1);
/// Plans of a workspace.
pub const PLANS_MAX: usize = 20;
/// How long it is believed that an account has a balance or has none: that decides about its tier, not about money.
pub const BALANCE_FRESH: Duration = Duration::from_secs(2);
/// How long a call goes on with what was known of that while it is asked again.
pub const BALANCE_STALE: Duration = Duration::from_secs(60);
/// How long a device may wait for somebody to decide about it.
pub const DEVICE_TIME: Duration = Duration::from_secs(600);
/// How long a device waits before it asks again.
pub const DEVICE_INTERVAL: Duration = Duration::from_secs(5);
/// How much longer it waits when it asked too soon (RFC 8628, 3.5).
pub const DEVICE_SLOWER: Duration = Duration::from_secs(5);
/// Devices that are kept at once, of all addresses and nodes: those that could be decided about.
pub const DEVICES_MAX: u32 = 10_000;
/// How long to wait before a device begins when there are as many as may be.
pub const DEVICES_RETRY: Duration = Duration::from_secs(60);
/// Devices that may begin at one address while another could be decided about.
pub const DEVICE_BEGUN_MAX: u32 = 20;
/// Devices and addresses that are remembered of this.
pub const DEVICE_PLACES_MAX: usize = 10_000;
/// The largest body of a device.
pub const DEVICE_BODY_BYTES_MAX: usize = 4_096;
/// How often is looked how many nodes share the limits.
pub const NODES_EVERY: Duration = Duration::from_secs(5);
/// How exactly the last use of a key is known, in milliseconds.
pub const USE_MS: i64 = 60_000;
/// So many sealed secrets are read and sealed anew in one go.
pub const RESEAL_PAGE: u32 = 50;
/// How long secrets are sealed anew before whoever asked for it hears how far it is.
pub const RESEAL_TURN: Duration = Duration::from_secs(5);
/// How often is looked whether a change of keys is to be brought to its end.
pub const SEALS_EVERY: Duration = Duration::from_secs(300);
/// How old the newest key of seals is before older ones are dropped: by then every node has learnt of it, or has no store.
pub const SEAL_SETTLES: Duration = Duration::from_secs(600);
/// How often is written down when keys were last used.
pub const NOTE_USES_EVERY: Duration = Duration::from_secs(60);
/// So many counts of tokens go with each request a minute of an account's tier.
pub const COUNTS_PER_REQUEST: u32 = 10;
/// Calls of one workspace that are refused before anything was held and leave a record, a minute and node.
pub const REFUSALS_PER_MINUTE: u32 = 60;
/// Workspaces of which that is counted; the refusals of others leave none in that minute.
pub const REFUSED_PLACES_MAX: usize = 10_000;
/// Bodies up to this are not counted when calls share the memory for bodies.
pub const BODY_SMALL_BYTES_MAX: usize = 64 * 1024;
/// So many bodies of the largest size may be under way at once for all, and for one workspace.
pub const BODIES_MAX: usize = 32;
/// The same for one workspace.
pub const BODIES_OF_ONE_MAX: usize = 4;
/// The same for all workspaces together that have neither plan nor balance: the rest is for those who pay.
pub const BODIES_UNPAID_MAX: usize = BODIES_MAX / 4;
/// How long to wait before trying again when calls under way carry too much.
pub const ROOM_RETRY: Duration = Duration::from_secs(2);
/// A management request's body.
pub const MANAGE_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// So many wrong fields of such a body are told.
pub const PROBLEMS_MAX: usize = 1_000;
/// So much is told of where a wrong field is.
pub const FIELD_CHARS_MAX: usize = 200;
/// Up to this, copying a call's body behind its head costs less than a second write.
pub const CALL_JOIN_BYTES_MAX: usize = 16 * 1024;
/// Where tools are offered, providers put words of their own before the prompt, and descriptions of the tools they know by
/// type: together no more tokens than this with any provider known.
pub const TOOLS_TOKENS_MAX: u64 = 4_000;
/// How long answers that outlive the drain time may take to say their last words.
pub const LAST_CALL_TIME_MAX: Duration = Duration::from_secs(2);
/// So much of a request is kept while its answer is under way, in so many pieces.
pub const SAMPLE_BYTES: usize = 2_048;
/// The pieces.
pub const SAMPLE_PIECES: usize = 16;
/// No text has more bytes for each of its tokens, on the whole: words of blanks or one letter come nearest.
pub const BYTES_PER_TOKEN_MAX: u64 = 128;
/// How long an answer's end waits for its charge to be durable.
pub const SETTLE_TIME_MAX: Duration = Duration::from_secs(10);
/// An upstream answer that is not streamed.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// An upstream error's body: more is not read.
pub const UPSTREAM_ERROR_BYTES_MAX: usize = 64 * 1024;
/// How long a provider may take to count a request; then it is counted here.
pub const COUNT_TIME_MAX: Duration = Duration::from_secs(2);
/// A request of so many bytes is counted on the worker that read it: in 35 microseconds as a rule, in a quarter of a millisecond at worst.
pub const COUNTED_SHORT_BYTES_MAX: usize = 4 * 1024;
/// So many longer ones may be under way; one takes up to 4 ms as a rule, and 31 at worst.
pub const COUNTS_ASKED_MAX: usize = 256;
/// How long to wait before trying again when more are.
pub const COUNT_RETRY: Duration = Duration::from_secs(2);
/// A provider's count: it is one number.
pub const COUNT_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long an answered upstream connection may take to end its body before it is dropped.
pub const DRAIN_TIME_MAX: Duration = Duration::from_millis(100);
/// How long the report of an answer that has said its end is awaited when nobody waits for the answer any more.
pub const REPORT_TIME_MAX: Duration = Duration::from_secs(2);
/// How long an answer that may be billed beyond what shows is read to its end when nobody waits for it any more.
pub const READ_ON_TIME_MAX: Duration = Duration::from_secs(30);
/// How often whoever reads on looks whether the process is on its way out.
pub const READ_ON_LOOK_EVERY: Duration = Duration::from_millis(500);
/// The fewest and the most characters that operators look for something by.
pub const SEARCH_CHARS: (usize, usize) = (2, 100);
/// The same of what a list is narrowed by.
pub const NARROWED_CHARS: (usize, usize) = (1, 100);
/// So many of one kind are found at most.
pub const FOUND_OF_KIND_MAX: usize = 4;
/// So many blocked addresses are told.
pub const ADDRESS_BLOCKS_TOLD_MAX: usize = 1_000;
/// Rows of one page of a list.
pub const PAGE_ROWS_MAX: u32 = 1_000;
/// Rows of a page where the caller does not say.
pub const PAGE_ROWS_DEFAULT: u32 = 100;
/// A page of the log ends before entries that would make it larger: one of them may tell megabytes of a changed catalogue.
pub const LOG_PAGE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Longest name of a workspace, key or token, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Longest environment of a key, in characters.
pub const ENVIRONMENT_CHARS_MAX: usize = 40;
/// Models or beginnings of models in a key's list, and the characters of each.
pub const MODELS_OF_KEY_MAX: usize = 500;
/// The characters of each.
pub const MODEL_PATTERN_CHARS_MAX: usize = 200;
/// Addresses and networks in a key's list.
pub const ADDRESSES_OF_KEY_MAX: usize = 200;
/// Entries of a key's metadata, and the characters of a name or a value.
pub const METADATA_MAX: usize = 32;
/// The characters of a name or a value.
pub const METADATA_VALUE_CHARS_MAX: usize = 500;
/// How long the old text of a rotated key may work.
pub const GRACE_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The same where the caller does not say.
pub const GRACE_DEFAULT: Duration = Duration::from_secs(24 * 3_600);
/// Longest slug of a workspace, in characters.
pub const SLUG_CHARS_MAX: usize = 50;
/// Longest reason of a grant, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// More than this in one grant is taken for a slip of the pen: a million USD.
pub const GRANT_MAX: NanoUsd = NanoUsd::new(1_000_000_000_000_000);
/// How long to wait before trying again when the store takes neither holds nor changes; told as `Retry-After`.
pub const LEDGER_RETRY: Duration = Duration::from_secs(2);
/// How long to wait before trying again when the process is being restarted.
pub const RESTART_RETRY: Duration = Duration::from_secs(2);
/// How long to wait before trying again when calls under way hold the balance.
pub const IN_FLIGHT_RETRY: Duration = Duration::from_secs(2);
/// What a provider's 429 without a Retry-After is taken for.
pub const UPSTREAM_RETRY_DEFAULT: Duration = Duration::from_secs(1);
/// The longest id of a kept answer that is looked for: ours are shorter.
pub const KEPT_ID_BYTES_MAX: usize = 64;
/// The largest conversation that is kept.
pub const KEPT_INPUT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The largest conversation that is kept with its answer.
pub const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Items of a kept answer's input on one page, unasked and at most.
pub const KEPT_PAGE: usize = 20;
/// The most that may be asked for.
pub const KEPT_PAGE_MAX: usize = 100;
/// The largest picture that is fetched, kept and given out.
pub const ASSET_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A picture is read in such parts: so much of it is in memory for each reader.
pub const ASSET_PART_BYTES: usize = 64 * 1024;
/// How long a provider may take to give a picture out.
pub const ASSET_FETCH_TIME_MAX: Duration = Duration::from_secs(60);
/// So many pictures of one provider may be in memory at once.
pub const PICTURES_AT_ONCE: usize = 4;
/// How long the bucket may take to answer, a picture on its way there included.
pub const BUCKET_TIME_MAX: Duration = Duration::from_secs(60);
/// How long the bucket may be silent inside a picture.
pub const BUCKET_SILENCE_MAX: Duration = Duration::from_secs(30);
/// A signature for the bucket is good for so long: the request that carries it leaves at once.
pub const BUCKET_SIGNATURE_TIME: Duration = Duration::from_secs(300);
/// A page of the bucket's list; its keys are at most 1000.
pub const BUCKET_LIST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Threads that read and write pictures in the data folder: one may wait for a slow disk, or write a large one.
pub const ASSET_THREADS: usize = 2;
/// How often pictures whose time is over are looked for.
pub const ASSET_SWEEP_EVERY: Duration = Duration::from_secs(600);
/// What was being written so long ago was left by a process that ended.
pub const ASSET_WRITE_TIME_MAX: Duration = Duration::from_secs(3_600);
/// The longest address of a provider's picture.
pub const ASSET_ADDRESS_BYTES_MAX: usize = 8 * 1024;
/// The longest Host header that a link is made of.
pub const HOST_BYTES_MAX: usize = 255;
/// A provider's word about a task; pictures may be in it.
pub const TASK_ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest unknown id of a task that is repeated to a client, in characters.
pub const TASK_SHOWN_CHARS_MAX: usize = 64;
/// How long a provider may take to tell how a task stands.
pub const TASK_ASK_TIME_MAX: Duration = Duration::from_secs(15);
/// Tasks that one node looks after at the same time, of all providers.
pub const TASKS_AT_ONCE: u32 = 256;
/// The same of one provider: one that hangs holds up its own tasks alone.
pub const TASKS_OF_ONE_AT_ONCE: usize = 8;
/// How long a task waits whose provider is asked about as many others as may be.
pub const TASK_TURN_WAIT: Duration = Duration::from_secs(3);
/// How long a task is left to the node that took it; longer than a turn.
pub const TASK_LEASE: Duration = Duration::from_secs(120);
/// How long one task's turn may take, its pictures included.
pub const TASK_TURN_TIME_MAX: Duration = Duration::from_secs(110);
/// How often is looked for tasks that are due.
pub const TASK_LOOK_EVERY: Duration = Duration::from_secs(1);
/// The shortest and the longest wait before a task is asked about again.
pub const TASK_WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// How often usage whose time is over is looked for.
pub const RETENTION_EVERY: Duration = Duration::from_secs(3_600);
/// Between two days that go, charges have so long for themselves.
pub const RETENTION_REST: Duration = Duration::from_secs(1);
/// How often kept answers whose time is over are looked for.
pub const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Memory and passes of Argon2id for one password: the least that OWASP asks for.
pub const PASSWORD_MEMORY_KIB: u32 = 19_456;
/// The passes.
pub const PASSWORD_PASSES: u32 = 2;
/// So many passwords may wait to be hashed; a hash takes some tens of milliseconds.
pub const PASSWORDS_WAITING_MAX: usize = 64;
/// The shortest and the longest password, in characters.
pub const PASSWORD_CHARS: (usize, usize) = (8, 128);
/// The longest address of a person, in bytes (RFC 5321).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Failed sign-ins of an address that cost no wait.
pub const BACKOFF_FREE: u32 = 5;
/// The wait after the next one; it doubles with each.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// The longest wait: whoever an address belongs to must not be locked out by others for long.
pub const BACKOFF_LONGEST: Duration = Duration::from_secs(300);
/// After so long without a failed try, earlier ones are forgotten.
pub const BACKOFF_FORGOTTEN: Duration = Duration::from_secs(3_600);
/// So many addresses are remembered.
pub const BACKOFF_PLACES_MAX: usize = 100_000;
/// A session that is not used for so long is void.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 3_600);
/// A session ends after so long, however much it is used.
pub const SESSION_TIME_MAX: Duration = Duration::from_secs(14 * 86_400);
/// A session whose second factor is still out ends after so long.
pub const SESSION_HALF_TIME_MAX: Duration = Duration::from_secs(600);
/// The store hears this often that a session is used.
pub const SESSION_SEEN_EVERY: Duration = Duration::from_secs(300);
/// Wrong one-time codes in a row that end a sign-in.
pub const CODES_WRONG_MAX: u8 = 5;
/// Recovery codes of a second factor.
pub const RECOVERY_CODES: usize = 10;
/// The longest `User-Agent` that is kept with a session, in characters.
pub const AGENT_CHARS_MAX: usize = 200;
/// How long a mailed proof of an address works.
pub const VERIFY_TIME: Duration = Duration::from_secs(24 * 3_600);
/// How long a mailed way to a new password works.
pub const RESET_TIME: Duration = Duration::from_secs(3_600);
/// How long the token works that makes the first operator.
pub const SETUP_TIME: Duration = Duration::from_secs(24 * 3_600);
/// The longest that a management key may work.
pub const MANAGEMENT_KEY_TIME_MAX: Duration = Duration::from_secs(366 * 86_400);
/// How long a call that is done once is remembered.
pub const ONCE_TIME: Duration = Duration::from_secs(24 * 3_600);
/// The longest key of such a call, in characters.
pub const ONCE_KEY_CHARS_MAX: usize = 255;
/// So many keys may one workspace bring to providers.
pub const OWN_KEYS_OF_ONE_MAX: u32 = 100;
/// The shortest and the longest key of a provider, in bytes.
pub const OWN_SECRET_BYTES: (usize, usize) = (16, 2_048);
/// So many characters of a key are shown, for people to recognise it.
pub const OWN_SECRET_SHOWN_CHARS: usize = 4;
/// How long an invitation works.
pub const INVITATION_TIME: Duration = Duration::from_secs(7 * 86_400);
/// So many workspaces may one user own.
pub const WORKSPACES_OF_ONE_MAX: usize = 20;
/// So many mails may wait to be sent.
pub const MAILS_WAITING_MAX: usize = 1_000;
/// How long a mail server may take to say something.
pub const MAIL_TIME_MAX: Duration = Duration::from_secs(20);
/// How often a mail is tried.
pub const MAIL_TRIES: u32 = 4;
/// The wait before a mail is tried again; it doubles with each.
pub const MAIL_RETRY: Duration = Duration::from_secs(2);
/// So many bytes of public pages are kept ready, compressed ones among them; then they are made anew.
pub const PAGES_KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How old the sums behind the public status may be.
pub const STATUS_KEPT: Duration = Duration::from_secs(60);
/// How long a set-up token works.
pub const INSTALL_TIME: Duration = Duration::from_secs(15 * 60);
