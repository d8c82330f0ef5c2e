package dev.stationmaster;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.LazyJson;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The table of section 3 of the design, as far as a machine can check it. */
@AnalyzeClasses(packages = "dev.stationmaster", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "dev.stationmaster.";
    private static final List<String> FEATURES =
            List.of("accounts", "agents", "jobs", "costs", "audit", "policies", "experiments");

    private static DescribedPredicate<JavaClass> named(String... simpleNames) {
        return DescribedPredicate.describe("one of " + List.of(simpleNames), c -> List.of(simpleNames)
                .contains(outermost(c).getSimpleName()));
    }

    private static JavaClass outermost(JavaClass c) {
        return c.getEnclosingClass().map(ArchitectureTest::outermost).orElse(c);
    }

    private static DescribedPredicate<JavaClass> nameEndsWith(String suffix) {
        return DescribedPredicate.describe(
                "in a class named *" + suffix, c -> outermost(c).getSimpleName().endsWith(suffix));
    }

    private static ArchRule feature(String name) {
        DescribedPredicate<JavaClass> others = DescribedPredicate.describe("inner classes of other features", c -> {
            String top = c.getPackageName().startsWith(ROOT)
                    ? c.getPackageName().substring(ROOT.length()).split("\\.", 2)[0]
                    : "";
            return FEATURES.contains(top)
                    && !top.equals(name)
                    && !outermost(c).getSimpleName().endsWith("Messages");
        });
        return noClasses()
                .that()
                .resideInAPackage(ROOT + name + "..")
                .should()
                .dependOnClassesThat(others)
                .because("features talk over the bus: see design, section 3");
    }

    @ArchTest
    static final ArchRule accounts_sees_others_only_through_their_messages = feature("accounts");

    @ArchTest
    static final ArchRule agents_sees_others_only_through_their_messages = feature("agents");

    @ArchTest
    static final ArchRule jobs_sees_others_only_through_their_messages = feature("jobs");

    @ArchTest
    static final ArchRule costs_sees_others_only_through_their_messages = feature("costs");

    @ArchTest
    static final ArchRule audit_sees_others_only_through_their_messages = feature("audit");

    @ArchTest
    static final ArchRule policies_sees_others_only_through_their_messages = feature("policies");

    @ArchTest
    static final ArchRule experiments_sees_others_only_through_their_messages = feature("experiments");

    @ArchTest
    static final ArchRule only_the_language_of_policies_knows_cel = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "policies.language..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.cel..");

    @ArchTest
    static final ArchRule platform_knows_no_feature_and_no_gateway = noClasses()
            .that()
            .resideInAPackage(ROOT + "platform..")
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("dev.stationmaster..").and(resideOutsideOfPackages(ROOT + "platform..")));

    @ArchTest
    static final ArchRule features_do_not_know_the_gateway = noClasses()
            .that()
            .resideInAnyPackage(FEATURES.stream().map(f -> ROOT + f + "..").toArray(String[]::new))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + "gateway..");

    /**
     * Not stores, and yet they may hold SQL types: Dispatcher (with SnapshotReader and QueueCatalog) decides inside the transaction that DispatchStore opens for
     * it ({@code exclusively}), and JobService puts transitions into the transaction of {@code JobStore.audited}; both
     * only pass the connection on. ProblemHandler turns PostgreSQL's refusals into
     * answers.
     */
    private static final DescribedPredicate<JavaClass> PASSES_A_TRANSACTION_ON =
            named("Dispatcher", "SnapshotReader", "QueueCatalog", "JobService", "ProblemHandler");

    @ArchTest
    static final ArchRule only_stores_know_sql = noClasses()
            .that(DescribedPredicate.not(nameEndsWith("Store")
                    .or(nameEndsWith("Rows"))
                    .or(nameEndsWith("Cluster"))
                    .or(resideInAnyPackage(ROOT + "platform.db..", ROOT + "platform.stores.."))
                    .or(PASSES_A_TRANSACTION_ON)))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx.sqlclient..", "io.vertx.pgclient..", "org.postgresql..", "java.sql..");

    @ArchTest
    static final ArchRule those_who_pass_a_transaction_on_hold_no_pool = noClasses()
            .that(PASSES_A_TRANSACTION_ON)
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.vertx.sqlclient.Pool");

    @ArchTest
    static final ArchRule only_routes_and_the_gateway_know_http = noClasses()
            .that(DescribedPredicate.not(
                    nameEndsWith("Routes").or(resideInAnyPackage(ROOT + "gateway..", ROOT + "platform.web.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.vertx.ext.web..")
                    .and(resideOutsideOfPackages(
                            "io.vertx.ext.web.client..", "io.vertx.ext.web.codec.."))); // a client is no server

    @ArchTest
    static final ArchRule no_inner_parts_of_vertx = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx.core.internal..", "io.vertx.core.impl..");

    /**
     * Blocking is allowed where no event loop runs: in {@code main} and its helpers, while stores start, in waits for
     * processes, on the threads that read a program's output, and in calls of a cluster's API, made on workers.
     */
    private static final DescribedPredicate<JavaClass> MAY_BLOCK = resideInAnyPackage(
                    "dev.stationmaster", ROOT + "platform.stores..", ROOT + "platform.process..")
            .or(named("OutputPump"))
            .or(named("ContainerOutput"))
            .or(named("ImagePull"))
            .or(named("KubernetesApi"));

    @ArchTest
    static final ArchRule nobody_blocks_an_event_loop = noClasses()
            .that(DescribedPredicate.not(MAY_BLOCK))
            .should()
            .callMethodWhere(DescribedPredicate.describe("that block", call -> {
                JavaClass owner = call.getTargetOwner();
                String method = call.getName();
                return (owner.isAssignableTo(Thread.class)
                                && Set.of("sleep", "join").contains(method))
                        || (owner.isAssignableTo(io.vertx.core.Future.class) && method.equals("await"))
                        || (owner.isAssignableTo(java.util.concurrent.Future.class)
                                && Set.of("get", "join").contains(method))
                        || (owner.isAssignableTo(CompletableFuture.class) && method.equals("join"))
                        || (owner.isAssignableTo(java.util.concurrent.CountDownLatch.class) && method.equals("await"));
            }));

    @ArchTest
    static final ArchRule time_comes_from_the_clock = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "platform.time..")
            .should()
            .callMethodWhere(DescribedPredicate.describe("that read the system clock", call -> {
                JavaClass owner = call.getTargetOwner();
                boolean now = call.getName().equals("now")
                        && List.<Class<?>>of(
                                        Instant.class,
                                        OffsetDateTime.class,
                                        LocalDate.class,
                                        LocalDateTime.class,
                                        ZonedDateTime.class)
                                .stream()
                                .anyMatch(owner::isEquivalentTo);
                boolean system =
                        owner.isEquivalentTo(System.class) && call.getName().equals("currentTimeMillis");
                return now
                        || system
                        || (owner.isEquivalentTo(Clock.class) && call.getName().startsWith("system"));
            }));

    @ArchTest
    static final ArchRule durations_are_measured_by_the_clock = noClasses()
            .that(DescribedPredicate.not(MAY_BLOCK.or(resideInAnyPackage(ROOT + "platform.time.."))))
            .should()
            .callMethod(System.class, "nanoTime");

    @ArchTest
    static final ArchRule messages_hold_only_plain_values = classes()
            .that()
            .implement(BusMessage.class)
            .or(simpleNameEndingWith("Messages"))
            .and()
            .areNotInterfaces()
            .should(holdOnlyPlainValues());

    /** A contract that is not on the server's list is refused when it comes from another node. */
    @ArchTest
    static final ArchRule every_contract_is_on_the_servers_list = classes()
            .that()
            .areInterfaces()
            .and()
            .areTopLevelClasses()
            .and()
            .haveSimpleNameEndingWith("Messages")
            .should(new ArchCondition<>("be named by Server") {
                @Override
                public void check(JavaClass contract, ConditionEvents events) {
                    boolean named = contract.getDirectDependenciesToSelf().stream()
                            .anyMatch(d -> outermost(d.getOriginClass())
                                    .getSimpleName()
                                    .equals("Server"));
                    events.add(new SimpleConditionEvent(
                            contract, named, contract.getName() + " named by Server: " + named));
                }
            });

    private static ArchCondition<JavaClass> holdOnlyPlainValues() {
        return new ArchCondition<>("be records of plain values") {
            @Override
            public void check(JavaClass message, ConditionEvents events) {
                if (!message.isRecord() || !outermost(message).getSimpleName().endsWith("Messages")) {
                    events.add(
                            SimpleConditionEvent.violated(message, message.getName() + " is no record of a *Messages"));
                }
                for (JavaField field : message.getFields()) {
                    if (!field.getModifiers().contains(JavaModifier.STATIC)) {
                        field.getType().getAllInvolvedRawTypes().stream()
                                .filter(type -> !plain(type))
                                .forEach(type -> events.add(SimpleConditionEvent.violated(
                                        field, field.getFullName() + " holds a " + type.getName())));
                    }
                }
            }
        };
    }

    private static boolean plain(JavaClass type) {
        return type.isPrimitive()
                || type.isEnum()
                || (type.isRecord() && outermost(type).getSimpleName().endsWith("Messages"))
                || List.<Class<?>>of(
                                String.class,
                                LazyJson.class,
                                Long.class,
                                Integer.class,
                                Double.class,
                                Boolean.class,
                                Instant.class,
                                OffsetDateTime.class,
                                LocalDate.class,
                                java.time.Duration.class,
                                java.util.UUID.class,
                                java.math.BigDecimal.class,
                                List.class,
                                Set.class,
                                Map.class)
                        .stream()
                        .anyMatch(type::isEquivalentTo);
    }
}
