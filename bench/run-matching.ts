/** `npm run bench:matching`: in a process of its own, so that the long file is matched from cold. */
import { matchingText, measureMatching } from './matching.ts';

console.log(matchingText(measureMatching()));
