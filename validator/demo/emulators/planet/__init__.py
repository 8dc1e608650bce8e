"""A local Planet: the Destinations API over real HTTP, with a check of its own against the local clouds, for ``demo`` and for tests.

A stand-in, never evidence of what the real Planet does. Documented or recorded: endpoints, fields of a destination, ids and
references, ``<REDACTED>``, names of 3 to 63 characters that are unique in an organisation, the bucket's name by default, 50
destinations, three requests a second, error bodies of ``code`` and ``message``, unknown members refused, ``explicit_sse`` and
``use_path_style`` falling back to false in a PATCH, a check at create and update that writes ``planetverify.txt`` and deletes it,
a new reference after a rename, PUT and DELETE of the default.

Guessed:

- every message, and the status of each refusal: 400 for a bad request, a failed check and the quota, 409 for a name, 403 for another
  member's destination;
- that a failed delete means a refusal, the file left behind;
- that a PATCH with parameters is checked before it is kept, and one without is not checked;
- that names of archived destinations stay taken, and that they count towards the 50;
- that access key ids come back in the clear, and that a rename keeps the random part of the id;
- the success status of a create: 201.
"""

from validator.demo.emulators.planet.destinations import BASE, MASK, QUOTA, TYPES, Stored
from validator.demo.emulators.planet.emulator import PlanetEmulator

__all__ = ["BASE", "MASK", "QUOTA", "TYPES", "PlanetEmulator", "Stored"]
