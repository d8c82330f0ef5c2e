package dev.stationmaster.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Schema;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.InputTrustHandler;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.json.schema.common.dsl.SchemaType;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.Style;
import io.vertx.openapi.validation.RequestParameter;
import io.vertx.openapi.validation.ValidatableRequest;
import io.vertx.openapi.validation.ValidatedRequest;
import io.vertx.openapi.validation.impl.RequestParameterImpl;
import io.vertx.openapi.validation.impl.ValidatedRequestImpl;
import io.vertx.openapi.validation.transformer.FormTransformer;
import io.vertx.openapi.validation.transformer.ParameterTransformer;
import io.vertx.openapi.validation.transformer.SimpleTransformer;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares requests of one operation with the contract, on the event loop and with schemas compiled once; only large
 * bodies go to a worker. Fails with {@link ErrorCode#BAD_REQUEST} and says which fields do not fit.
 */
final class RequestCheck implements InputTrustHandler {
    private static final RequestParameter NOTHING = new RequestParameterImpl(null);
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Map<Style, ParameterTransformer> TRANSFORMERS =
            Map.of(Style.SIMPLE, new SimpleTransformer(), Style.FORM, new FormTransformer());

    /** Bodies above this, in bytes, would hold up the event loop's other requests. */
    private static final int LARGE_BODY = 32_768;

    /** A parameter of the operation, how it is read and what it must be. */
    private record Check(Parameter parameter, ParameterTransformer transformer, Schema schema) {}

    private final Operation operation;
    private final List<Check> checks;
    private final @Nullable Schema body;
    private final RequestExtractor extractor = RequestExtractor.withBodyHandler();

    RequestCheck(RequestSchemas schemas, Operation operation) {
        this.operation = operation;
        this.body = operation.getRequestBody() == null ? null : schemas.body(operation);
        this.checks = operation.getParameters().stream()
                .map(parameter -> new Check(parameter, transformer(parameter), schemas.parameter(operation, parameter)))
                .toList();
    }

    private static ParameterTransformer transformer(Parameter parameter) {
        ParameterTransformer transformer = TRANSFORMERS.get(parameter.getStyle());
        if (transformer == null) {
            throw new IllegalStateException(
                    "No reader for " + parameter.getName() + " in style " + parameter.getStyle());
        }
        return transformer;
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
                .onFailure(context::fail);
    }

    private ValidatedRequest check(ValidatableRequest request) {
        Map<String, RequestParameter> cookies = new HashMap<>();
        Map<String, RequestParameter> headers = new HashMap<>();
        Map<String, RequestParameter> path = new HashMap<>();
        Map<String, RequestParameter> query = new HashMap<>();
        for (Check check : checks) {
            switch (check.parameter().getIn()) {
                case COOKIE -> read(check, request.getCookies(), cookies);
                case HEADER -> read(check, request.getHeaders(), headers);
                case PATH -> read(check, request.getPathParameters(), path);
                case QUERY -> read(check, request.getQuery(), query);
            }
        }
        return new ValidatedRequestImpl(cookies, headers, path, query, checkBody(request.getBody()));
    }

    private static void read(Check check, Map<String, RequestParameter> from, Map<String, RequestParameter> into) {
        String name = check.parameter().getName();
        into.put(name, read(check, from.get(name)));
    }

    private static RequestParameter read(Check check, @Nullable RequestParameter value) {
        Parameter parameter = check.parameter();
        if (value == null || value.isNull()) {
            if (parameter.isRequired()) {
                throw ValidationErrors.missing(parameter);
            }
            return NOTHING;
        }
        Object read;
        try {
            String text = String.valueOf(value.get());
            // the transformer would read text of a path as the inside of a JSON string
            boolean asIs = parameter.getIn() == Location.PATH && parameter.getSchemaType() == SchemaType.STRING;
            read = asIs ? text : check.transformer().transform(parameter, text);
        } catch (RuntimeException e) {
            throw ValidationErrors.unreadable(parameter, e);
        }
        var errors = check.schema().validate(MAPPER.valueToTree(read));
        if (!errors.isEmpty()) {
            throw ValidationErrors.of(parameter, errors);
        }
        return new RequestParameterImpl(read);
    }

    private RequestParameter checkBody(@Nullable RequestParameter sent) {
        if (body == null) {
            return NOTHING;
        }
        if (sent == null || sent.isEmpty()) {
            if (operation.getRequestBody().isRequired()) {
                throw new ApiException(ErrorCode.BAD_REQUEST, "The body is missing; send a JSON object.");
            }
            return NOTHING;
        }
        Buffer text = sent.getBuffer(Buffer.buffer());
        Object read;
        JsonNode tree;
        try {
            read = Json.decodeValue(text); // what handlers get; also refuses text behind the value
            tree = MAPPER.readTree(text.getBytes());
        } catch (DecodeException | IOException e) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "The body is not valid JSON.");
        }
        var errors = body.validate(tree);
        if (!errors.isEmpty()) {
            throw ValidationErrors.of(errors);
        }
        return new RequestParameterImpl(read);
    }
}
