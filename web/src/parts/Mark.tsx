// The mark of the product, drawn here: a gate whose bar carries a coin.

/** The mark; beside its name it is decoration. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#3d4fd0" />
      <path d="M9 25V11a7 7 0 0 1 14 0v14" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <path d="M6 18.5h20" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <circle cx="16" cy="18.5" r="3.2" fill="#ffd43b" />
    </svg>
  );
}
