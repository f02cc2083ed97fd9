// HAPI FHIR's own client for Java: its check of the server, read, search by GET and POST, paging, dates, conditional read,
// JSON and XML through its strict parser, errors. Arguments: base, patient, another's patient, token.

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.SearchStyleEnum;
import ca.uhn.fhir.rest.api.SearchTotalModeEnum;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.gclient.DateClientParam;
import ca.uhn.fhir.rest.gclient.IQuery;
import ca.uhn.fhir.rest.gclient.ReferenceClientParam;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.server.exceptions.AuthenticationException;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.NotModifiedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseBundle;
import org.hl7.fhir.instance.model.api.IBaseOperationOutcome;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.Immunization;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Resource;

public class Hapi {
    private static final int PAGE = 5;

    private final FhirContext fhir = FhirContext.forR4();
    private final String base;
    private final String patient;
    private final IGenericClient client;

    Hapi(String base, String patient, String token) {
        this.base = base;
        this.patient = patient;
        fhir.setParserErrorHandler(new StrictErrorHandler());
        // HAPI's default: it reads /metadata before the first request and refuses a server of another version.
        fhir.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
        client = fhir.newRestfulGenericClient(base);
        client.registerInterceptor(new BearerTokenAuthInterceptor(token));
    }

    static void must(boolean held, String rule) {
        if (!held) throw new AssertionError(rule);
    }

    IQuery<IBaseBundle> observations(IGenericClient by) {
        return by.search().forResource(Observation.class).where(new ReferenceClientParam("patient").hasId(patient));
    }

    List<Observation> walk(IGenericClient by, SearchStyleEnum style) {
        var asked = observations(by).count(PAGE).totalMode(SearchTotalModeEnum.ACCURATE).usingStyle(style);
        var found = pages(by, asked.returnBundle(Bundle.class).execute());
        must(found.size() > PAGE, "more than one page");
        return found;
    }

    /** From the first page to the last. */
    static List<Observation> pages(IGenericClient by, Bundle page) {
        int total = page.getTotal();
        List<Observation> found = new ArrayList<>();
        while (true) {
            for (var entry : page.getEntry()) {
                if (entry.getResource() instanceof Observation one) found.add(one);
            }
            if (page.getLink(Bundle.LINK_NEXT) == null) break;
            page = by.loadPage().next(page).execute();
        }
        must(found.size() == total, found.size() + " of " + total);
        return found;
    }

    static List<String> ids(List<? extends Resource> all) {
        return all.stream().map(one -> one.getIdElement().getIdPart()).collect(Collectors.toList());
    }

    IGenericClient speaking(EncodingEnum encoding, String token) {
        IGenericClient other = fhir.newRestfulGenericClient(base);
        other.registerInterceptor(new BearerTokenAuthInterceptor(token));
        other.setEncoding(encoding);
        return other;
    }

    void metadata() {
        var told = client.capabilities().ofType(CapabilityStatement.class).execute();
        must(told.getFhirVersion().toCode().equals("4.0.1"), "R4");
        var types = told.getRestFirstRep().getResource().stream().map(one -> one.getType()).collect(Collectors.toSet());
        must(types.containsAll(List.of("Patient", "Observation", "Immunization")), "the three types: " + types);
    }

    /** What the strict parser reads of the two encodings is the same, entry by entry. */
    void encodings(String token) {
        var json = walk(speaking(EncodingEnum.JSON, token), SearchStyleEnum.GET);
        var xml = walk(speaking(EncodingEnum.XML, token), SearchStyleEnum.GET);
        must(ids(json).equals(ids(xml)), "the same entries in the same order");
        for (int at = 0; at < json.size(); at++) {
            must(json.get(at).equalsDeep(xml.get(at)), "JSON and XML of " + ids(json).get(at));
        }
    }

    void reading() {
        var read = client.read().resource(Patient.class).withId(patient).execute();
        must(read.getIdElement().getIdPart().equals(patient), "the patient");
        String version = read.getMeta().getVersionId();
        must(version != null && version.equals(read.getIdElement().getVersionIdPart()), "ETag and meta.versionId agree");
        try {
            client.read().resource(Patient.class).withId(patient).ifVersionMatches(version).throwNotModifiedException().execute();
            throw new AssertionError("an unchanged resource is not sent again");
        } catch (NotModifiedException expected) {
            must(expected.getStatusCode() == 304, "304");
        }
    }

    void searching(List<Observation> all) {
        must(walk(client, SearchStyleEnum.POST).size() == all.size(), "POST finds what GET finds");
        var dated = all.stream().filter(one -> one.hasEffectiveDateTimeType()).collect(Collectors.toList());
        String day = dated.get(dated.size() / 2).getEffectiveDateTimeType().getValueAsString().substring(0, 4) + "-01-01";
        var both = new TreeSet<String>();
        for (var side : List.of(new DateClientParam("date").afterOrEquals().day(day), new DateClientParam("date").before().day(day))) {
            var found = pages(client, observations(client).and(side).count(100).returnBundle(Bundle.class).execute());
            ids(found).forEach(id -> must(both.add(id), id + " is on one side only"));
        }
        must(both.containsAll(ids(dated)), "what is dated is on one side of a day or the other");
        var coding = all.get(0).getCode().getCodingFirstRep();
        var coded = observations(client)
            .and(new TokenClientParam("code").exactly().systemAndCode(coding.getSystem(), coding.getCode()))
            .returnBundle(Bundle.class).execute();
        must(coded.getTotal() > 0, "a code that is there is found");
        var counted = client.search().forResource(Immunization.class)
            .where(new ReferenceClientParam("patient").hasId(patient))
            .summaryMode(SummaryEnum.COUNT).returnBundle(Bundle.class).execute();
        must(counted.getTotal() > 0 && counted.getEntry().isEmpty(), "_summary=count is the total alone");
    }

    interface Asked { void run(); }

    /** The request fails like this, and the answer explains itself in FHIR. */
    static void fails(Class<? extends BaseServerResponseException> as, Asked asked) {
        try {
            asked.run();
        } catch (BaseServerResponseException error) {
            must(as.isInstance(error), as.getSimpleName() + ", not " + error);
            IBaseOperationOutcome outcome = error.getOperationOutcome();
            must(outcome instanceof OperationOutcome told && told.hasIssue(), "an OperationOutcome with " + error);
            return;
        }
        throw new AssertionError("no " + as.getSimpleName());
    }

    void failing(String stranger) {
        for (String id : List.of(stranger, "no-such-patient")) {
            fails(ResourceNotFoundException.class, () -> client.read().resource(Patient.class).withId(id).execute());
        }
        var nobody = fhir.newRestfulGenericClient(base);
        fails(AuthenticationException.class, () -> nobody.read().resource(Patient.class).withId(patient).execute());
        fails(BaseServerResponseException.class, () -> { MethodOutcome made = client.create().resource(new Patient()).execute(); });
    }

    public static void main(String[] given) {
        var hapi = new Hapi(given[0], given[1], given[3]);
        hapi.metadata();
        hapi.reading();
        var all = hapi.walk(hapi.client, SearchStyleEnum.GET);
        hapi.searching(all);
        hapi.encodings(given[3]);
        hapi.failing(given[2]);
        System.out.println(all.size() + " observations, by GET and POST, in JSON and XML");
    }
}
