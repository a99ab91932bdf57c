// The sums of a span as tiles.
import type { Facts } from "../../../../lib/facts";
import { count, share } from "../../../../lib/figures";
import { usd, usdExact } from "../../../../lib/money";
import { sums as words } from "../../../../messages/usage";
import { Tiles as Beside, Tile } from "../../../../parts/Tile";

/** The tiles. */
export function Tiles({ facts: { total, endings } }: { facts: Facts }) {
  const { tiles, tilesAre } = words;
  const of = (name: string) => count(total.tokens[name] ?? 0);
  const good = share(endings.served, total.requests);
  return (
    <Beside>
      <Tile
        name={tiles.spend}
        figure={usd(total.charge_usd)}
        exact={usdExact(total.charge_usd)}
        about={tilesAre.spend(usdExact(total.charge_usd))}
      />
      <Tile
        name={tiles.requests}
        figure={count(total.requests)}
        about={tilesAre.requests(count(total.streamed), count(total.retried))}
      />
      <Tile name={tiles.input} figure={count(total.prompt_tokens)} about={tilesAre.input(of("cached_input"))} />
      <Tile name={tiles.output} figure={count(total.answer_tokens)} about={tilesAre.output(of("reasoning"))} />
      <Tile
        name={tiles.saved}
        figure={usd(total.cache_saved_usd)}
        exact={usdExact(total.cache_saved_usd)}
        about={tilesAre.saved}
      />
      <Tile
        name={tiles.served}
        figure={good}
        about={tilesAre.served(count(endings.cut), count(endings.refused), count(endings.failed))}
      />
    </Beside>
  );
}
