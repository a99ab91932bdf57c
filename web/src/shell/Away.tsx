// Says that the gateway does not answer, for as long as it does not.
import { Loader } from "@mantine/core";
import { away } from "../lib/connection";
import { faults } from "../messages/faults";
import classes from "./Away.module.css";

/** The band below the header. */
export function Away() {
  const gone = away.use();
  return (
    <div role="status">
      {gone ? (
        <div className={classes.band}>
          <Loader size={14} color="currentColor" aria-hidden />
          {faults.away}
        </div>
      ) : null}
    </div>
  );
}
