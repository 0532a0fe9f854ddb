// Reads a bill of materials and a signed statement with the libraries of the projects that define
// them, and prints what they find wrong. Arguments: the files of the bill, the envelope, the key.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import * as CDX from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';

const { crypto, dsse } = createRequire(import.meta.url)('@sigstore/core');
const [bill, envelope, key] = process.argv.slice(2).map((file) => fs.readFileSync(file, 'utf8'));

const validator = new CDX.Validation.JsonStrictValidator(CDX.Spec.Version.v1dot6);
const errors = await validator.validate(bill);
if (errors) {
  console.log('CycloneDX', JSON.stringify(errors));
}
for (const { name, version, purl } of JSON.parse(bill).components) {
  const read = PackageURL.fromString(purl);
  if (read.name !== name || read.version !== version) {
    console.log('package URL', purl, 'is read as', read.name, read.version);
  }
}

const { payload, payloadType, signatures } = JSON.parse(envelope);
const signed = dsse.preAuthEncoding(payloadType, Buffer.from(payload, 'base64'));
const verified = (bytes) =>
  crypto.verify(bytes, crypto.createPublicKey(key), Buffer.from(signatures[0].sig, 'base64'));
if (!verified(signed)) {
  console.log('the signature is wrong');
}
if (verified(Buffer.concat([signed, Buffer.from('x')]))) {
  console.log('the signature is good for another statement');
}
