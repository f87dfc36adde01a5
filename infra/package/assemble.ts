/** Puts together what is deployed, and packed for a release, in `publish/`. */
import { assemble } from './package.ts';

assemble('publish');
