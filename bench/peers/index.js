// The same handler as functions-framework wants it.
const functions = require('@google-cloud/functions-framework');

functions.http('handler', (request, response) => response.json(request.body));
