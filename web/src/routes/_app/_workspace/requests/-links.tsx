// Ways to requests, those of a workspace or everybody's: pages of both show the same lists.

import type { ReactNode } from "react";
import type { RequestsSearch } from "../../../../lib/asked";
import { usePlace } from "../../../../lib/place";
import { LinkAnchor } from "../../../../parts/links";

interface ToRequestsProps {
  search: RequestsSearch;
  children: ReactNode;
  "aria-label"?: string;
}

/** To a list of requests. */
export function ToRequests({ search, ...rest }: ToRequestsProps) {
  return usePlace().name === null ? (
    <LinkAnchor to="/operator/requests" search={search} inherit className="unbroken" {...rest} />
  ) : (
    <LinkAnchor to="/requests" search={search} inherit className="unbroken" {...rest} />
  );
}

/** To one request. */
export function ToRequest({ id, children }: { id: string; children: ReactNode }) {
  const params = { request: id };
  return usePlace().name === null ? (
    <LinkAnchor to="/operator/requests/$request" params={params} inherit>
      {children}
    </LinkAnchor>
  ) : (
    <LinkAnchor to="/requests/$request" params={params} inherit>
      {children}
    </LinkAnchor>
  );
}
