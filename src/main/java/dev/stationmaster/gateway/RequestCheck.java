package dev.stationmaster.gateway;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.ext.web.handler.InputTrustHandler;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaValidationException;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.RequestBody;
import io.vertx.openapi.contract.Style;
import io.vertx.openapi.validation.RequestParameter;
import io.vertx.openapi.validation.SchemaValidationException;
import io.vertx.openapi.validation.ValidatableRequest;
import io.vertx.openapi.validation.ValidatedRequest;
import io.vertx.openapi.validation.ValidationContext;
import io.vertx.openapi.validation.ValidatorErrorType;
import io.vertx.openapi.validation.ValidatorException;
import io.vertx.openapi.validation.analyser.ContentAnalyser;
import io.vertx.openapi.validation.impl.RequestParameterImpl;
import io.vertx.openapi.validation.impl.ValidatedRequestImpl;
import io.vertx.openapi.validation.transformer.FormTransformer;
import io.vertx.openapi.validation.transformer.ParameterTransformer;
import io.vertx.openapi.validation.transformer.SimpleTransformer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares requests of one operation with the contract, by the same checks as vertx-openapi, but on the event loop and
 * with validators that are made once: its own handler goes to a worker thread and back for each request, and copies all
 * schemas of the contract for each body and each parameter. Only large bodies go to a worker.
 */
final class RequestCheck implements InputTrustHandler {
    private static final RequestParameter NOTHING = new RequestParameterImpl(null);
    private static final Map<Style, ParameterTransformer> TRANSFORMERS =
            Map.of(Style.SIMPLE, new SimpleTransformer(), Style.FORM, new FormTransformer());

    /** Bodies above this, in bytes, would hold up the event loop's other requests. */
    private static final int LARGE_BODY = 32_768;

    private final Contract contract;
    private final Operation operation;
    private final RequestExtractor extractor = RequestExtractor.withBodyHandler();

    RequestCheck(Contract contract, Operation operation) {
        this.contract = contract;
        this.operation = operation;
    }

    @Override
    public void handle(RoutingContext context) {
        extractor
                .extractValidatableRequest(context, operation)
                .compose(request -> context.body().length() > LARGE_BODY
                        ? context.vertx().executeBlocking(() -> check(request), false)
                        : Future.succeededFuture(request).map(this::check))
                .onSuccess(valid -> {
                    context.put(RouterBuilder.KEY_META_DATA_VALIDATED_REQUEST, valid);
                    context.next();
                })
                .onFailure(error -> context.fail(
                        error instanceof ValidatorException
                                ? new HttpException(400, String.valueOf(error.getMessage()), error)
                                : error));
    }

    private ValidatedRequest check(ValidatableRequest request) {
        Map<String, RequestParameter> cookies = new HashMap<>();
        Map<String, RequestParameter> headers = new HashMap<>();
        Map<String, RequestParameter> path = new HashMap<>();
        Map<String, RequestParameter> query = new HashMap<>();
        for (Parameter parameter : operation.getParameters()) {
            switch (parameter.getIn()) {
                case COOKIE -> check(parameter, request.getCookies(), cookies);
                case HEADER -> check(parameter, request.getHeaders(), headers);
                case PATH -> check(parameter, request.getPathParameters(), path);
                case QUERY -> check(parameter, request.getQuery(), query);
            }
        }
        RequestBody body = operation.getRequestBody();
        return new ValidatedRequestImpl(
                cookies, headers, path, query, body == null ? NOTHING : checkBody(body, request));
    }

    private void check(Parameter parameter, Map<String, RequestParameter> from, Map<String, RequestParameter> into) {
        String name = parameter.getName();
        into.put(name, checked(parameter, from.get(name)));
    }

    private RequestParameter checked(Parameter parameter, @Nullable RequestParameter value) {
        if (value == null || value.isNull()) {
            if (parameter.isRequired()) {
                throw ValidatorException.createMissingRequiredParameter(parameter);
            }
            return NOTHING;
        }
        ParameterTransformer transformer = TRANSFORMERS.get(parameter.getStyle());
        if (transformer == null) {
            throw ValidatorException.createUnsupportedValueFormat(parameter);
        }
        Object read = transformer.transform(parameter, String.valueOf(value.get()));
        OutputUnit result = validator(parameter.getSchema()).validate(read);
        try {
            result.checkValidity();
            return new RequestParameterImpl(read);
        } catch (JsonSchemaValidationException e) {
            throw SchemaValidationException.createErrorFromOutputUnitType(parameter, result, e);
        }
    }

    private RequestParameter checkBody(RequestBody wanted, ValidatableRequest request) {
        RequestParameter sent = request.getBody();
        if (sent == null || sent.isEmpty()) {
            if (wanted.isRequired()) {
                throw new ValidatorException(
                        "The related request does not contain the required body.",
                        ValidatorErrorType.MISSING_REQUIRED_PARAMETER);
            }
            return NOTHING;
        }
        MediaType type = wanted.determineContentType(request.getContentType());
        ContentAnalyser content = type == null
                ? null
                : ContentAnalyser.getContentAnalyser(
                        type, request.getContentType(), sent.getBuffer(Buffer.buffer()), ValidationContext.REQUEST);
        if (content == null) {
            throw new ValidatorException(
                    "The format of the request body is not supported", ValidatorErrorType.UNSUPPORTED_VALUE_FORMAT);
        }
        content.checkSyntacticalCorrectness();
        Object read = content.transform();
        OutputUnit result = validator(type.getSchema()).validate(read);
        try {
            result.checkValidity();
            return new RequestParameterImpl(read);
        } catch (JsonSchemaValidationException e) {
            throw SchemaValidationException.createInvalidValueBody(result, ValidationContext.REQUEST, e);
        }
    }

    private Validator validator(JsonSchema schema) {
        return contract.validator(schema);
    }
}
