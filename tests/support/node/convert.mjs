// Converts a Swagger 2.0 file to OpenAPI 3.0 with swagger2openapi, and prints it: the oracle of our own converter.
import { readFileSync } from 'node:fs';
import converter from 'swagger2openapi';

const description = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { openapi } = await converter.convertObj(description, { patch: true, warnOnly: true });
process.stdout.write(JSON.stringify(openapi));
